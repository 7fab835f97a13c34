const CONNECTOR_EVENT_COLOURS = {
	Received: "blue",
	Done: "green",
	Retry: "orange",
	Failed: "red",
	Ignored: "gray",
};

frappe.listview_settings["Connector Event"] = {
	hide_name_column: true,
	add_fields: ["status"],
	get_indicator(doc) {
		return [__(doc.status), CONNECTOR_EVENT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		kind: (code) => (code ? frappe.utils.escape_html(__(frappe.unscrub(code))) : ""),
	},
	onload(listview) {
		listview.page.add_inner_button(__("Failed or Tried Again"), () =>
			listview.filter_area
				.clear(false)
				.then(() => listview.filter_area.add([["Connector Event", "status", "in", ["Failed", "Retry"]]]))
		);
	},
};
