frappe.listview_settings["SKU"] = {
	add_fields: ["is_active", "is_bundle"],
	get_indicator(doc) {
		if (!doc.is_active) return [__("Inactive"), "gray", "is_active,=,0"];
		if (doc.is_bundle) return [__("Bundle"), "purple", "is_bundle,=,1"];
		return [__("Active"), "green", "is_active,=,1"];
	},
};
