const OUTCOME_COLOURS = { Taken: "green", Refused: "red", Failed: "orange" };

frappe.listview_settings["Stock Push"] = {
	hide_name_column: true,
	add_fields: ["outcome", "error_code"],
	get_indicator(doc) {
		const value = doc.outcome;
		return [__(value), OUTCOME_COLOURS[value] || "gray", `outcome,=,${value}`];
	},
	formatters: {
		pushed_at: (value) => storegroup_oms.connections.make_moment(value),
	},
};
