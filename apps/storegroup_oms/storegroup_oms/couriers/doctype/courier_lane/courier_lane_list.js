frappe.listview_settings["Courier Lane"] = {
	hide_name_column: true,
	add_fields: ["is_served"],
	get_indicator(doc) {
		return doc.is_served ? [__("Served"), "green", "is_served,=,1"] : [__("Not Served"), "red", "is_served,=,0"];
	},
	formatters: {
		warehouse: (value) => frappe.utils.escape_html(value || __("All Warehouses")),
		province: (value) => frappe.utils.escape_html(value || __("Everywhere")),
	},
};
