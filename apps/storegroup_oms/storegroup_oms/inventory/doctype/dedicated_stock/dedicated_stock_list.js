frappe.listview_settings["Dedicated Stock"] = {
	hide_name_column: true,
};
