frappe.listview_settings["Routing Policy"] = {
	hide_name_column: true,
	add_fields: ["is_active"],
	get_indicator(doc) {
		return doc.is_active ? [__("Active"), "green", "is_active,=,1"] : [__("Inactive"), "gray", "is_active,=,0"];
	},
	formatters: {
		shop: (value) => frappe.utils.escape_html(value || __("All Shops")),
	},
	// The policy that comes with the product has an English name.
	refresh(listview) {
		// A formatter would take the link and the box to tick out of the first column.
		listview.$result.find(".list-subject a").each((_index, link) => {
			const value = link.textContent.trim();
			link.textContent = __(value);
		});
	},
};
