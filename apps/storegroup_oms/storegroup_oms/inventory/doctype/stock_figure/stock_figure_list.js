frappe.listview_settings["Stock Figure"] = {
	hide_name_column: true,
	formatters: {
		last_sold_at: (value) => storegroup_oms.connections.make_moment(value),
	},
};
