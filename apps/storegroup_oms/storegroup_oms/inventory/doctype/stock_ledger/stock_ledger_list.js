frappe.listview_settings["Stock Ledger"] = {
	hide_name_column: true,
	add_fields: ["reserved_change"],
	formatters: {
		posted_at: (value) => storegroup_oms.connections.make_moment(value),
		qty_change(value, _df, doc) {
			const sign = (number) => (number > 0 ? `+${number}` : String(cint(number)));
			return value || !doc.reserved_change ? sign(value) : __("Reserved {0}", [sign(doc.reserved_change)]);
		},
	},
};
