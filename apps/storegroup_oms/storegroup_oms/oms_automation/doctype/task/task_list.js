const TASK_COLOURS = {
	Open: "orange",
	"In Progress": "blue",
	Done: "green",
	Cancelled: "gray",
};

frappe.listview_settings["Task"] = {
	add_fields: ["status", "priority", "due_at", "assigned_to"],
	get_indicator(doc) {
		return [__(doc.status), TASK_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		priority(value) {
			const colour = { Urgent: "red", High: "orange", Normal: "blue", Low: "gray" }[value] || "gray";
			return `<span class="indicator-pill ${colour} no-indicator-dot">${__(value)}</span>`;
		},
	},
};
