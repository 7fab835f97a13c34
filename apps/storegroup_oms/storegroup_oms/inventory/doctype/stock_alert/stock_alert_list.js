const ALERT_COLOURS = { Open: "red", Closed: "gray" };

frappe.listview_settings["Stock Alert"] = {
	hide_name_column: true,
	add_fields: ["status", "kind"],
	get_indicator: (doc) => [__(doc.status), ALERT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`],
	formatters: {
		warehouse: (value) => frappe.utils.escape_html(value || __("All Warehouses")),
		value: (value) => String(flt(value, 1)),
		limit_value: (value) => String(flt(value, 1)),
		opened_at: (value) => storegroup_oms.connections.make_moment(value),
	},
};
