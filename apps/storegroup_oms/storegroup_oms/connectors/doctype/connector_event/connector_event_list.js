const CONNECTOR_EVENT_COLOURS = {
	Received: "blue",
	Done: "green",
	Retry: "orange",
	Failed: "red",
	Ignored: "gray",
};

frappe.listview_settings["Connector Event"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		return [__(doc.status), CONNECTOR_EVENT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
