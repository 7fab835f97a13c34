frappe.listview_settings["Approval Rule"] = {
	hide_name_column: true,
	add_fields: ["is_active"],
	formatters: {
		shop: (value) => frappe.utils.escape_html(value || __("All shops")),
		order_type: (value) => (value ? __(value) : __("All types")),
		max_amount: (value) => (value ? format_currency(value) : __("No limit")),
	},
	get_indicator(doc) {
		return doc.is_active ? [__("Enabled"), "green", "is_active,=,1"] : [__("Disabled"), "gray", "is_active,=,0"];
	},
};
