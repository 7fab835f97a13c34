const PULL_WINDOW_COLOURS = {
	Open: "gray",
	Running: "yellow",
	Complete: "green",
	Incomplete: "orange",
	Failed: "red",
};

frappe.listview_settings["Pull Window"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		return [__(doc.status), PULL_WINDOW_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
