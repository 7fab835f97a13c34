frappe.views.calendar["Task"] = {
	field_map: {
		start: "due_at",
		end: "due_at",
		id: "name",
		title: "subject",
		allDay: "allDay",
		status: "status",
	},
	style_map: {
		Open: "warning",
		"In Progress": "info",
		Done: "success",
		Cancelled: "default",
	},
	gantt: false,
	get_events_method: "frappe.desk.calendar.get_events",
};
