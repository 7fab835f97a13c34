frappe.listview_settings["Stock Alert Rule"] = {
	hide_name_column: true,
	add_fields: ["enabled"],
	get_indicator(doc) {
		return doc.enabled ? [__("Active"), "green", "enabled,=,1"] : [__("Inactive"), "gray", "enabled,=,0"];
	},
	// The rules that come with the product have English names.
	refresh(listview) {
		// A formatter would take the link and the box to tick out of the first column.
		listview.$result.find(".list-subject a").each((_index, link) => {
			const value = link.textContent.trim();
			link.textContent = __(value);
		});
	},
};
