frappe.listview_settings["Stock Batch Balance"] = {
	hide_name_column: true,
};
