frappe.listview_settings["Gift Rule"] = {
	hide_name_column: true,
	add_fields: ["is_active"],
	get_indicator(doc) {
		return doc.is_active ? [__("Active"), "green", "is_active,=,1"] : [__("Inactive"), "gray", "is_active,=,0"];
	},
	formatters: {
		shop: (value) => frappe.utils.escape_html(value || __("All Shops")),
	},
};
