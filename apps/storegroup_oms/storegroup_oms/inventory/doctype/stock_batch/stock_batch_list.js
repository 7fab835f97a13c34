frappe.listview_settings["Stock Batch"] = {
	hide_name_column: true,
};
