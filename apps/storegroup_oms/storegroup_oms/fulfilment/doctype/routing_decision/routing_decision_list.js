const DECISION_COLOURS = { Reserved: "green", Split: "blue", "Partly Reserved": "yellow", Short: "orange" };

frappe.listview_settings["Routing Decision"] = {
	hide_name_column: true,
	add_fields: ["outcome"],
	get_indicator(doc) {
		const value = doc.outcome;
		return [__(value), DECISION_COLOURS[value] || "gray", `outcome,=,${value}`];
	},
	formatters: {
		reason(code) {
			const value = frappe.unscrub(code || "");
			return frappe.utils.escape_html(__(value));
		},
		decided_at: (value) => storegroup_oms.connections.make_moment(value),
	},
};
