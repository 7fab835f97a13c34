const DRIFT_COLOURS = { Open: "red", Repaired: "green", Gone: "gray" };

frappe.listview_settings["Stock Drift"] = {
	hide_name_column: true,
	add_fields: ["status"],
	get_indicator: (doc) => [__(doc.status), DRIFT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`],
	formatters: {
		found_at: (value) => storegroup_oms.connections.make_moment(value),
	},
};
