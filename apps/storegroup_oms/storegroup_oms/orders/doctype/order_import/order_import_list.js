const ORDER_IMPORT_COLOURS = {
	Draft: "gray",
	Checking: "yellow",
	Checked: "blue",
	Loading: "yellow",
	Loaded: "green",
	Failed: "red",
};

frappe.listview_settings["Order Import"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		return [__(doc.status), ORDER_IMPORT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
