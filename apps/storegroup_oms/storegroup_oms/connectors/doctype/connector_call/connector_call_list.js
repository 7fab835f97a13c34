frappe.listview_settings["Connector Call"] = {
	hide_name_column: true,
	add_fields: ["outcome", "error_code"],
	get_indicator(doc) {
		const is_good = doc.outcome === "OK";
		return [is_good ? __("OK") : __("Failed"), is_good ? "green" : "red", `outcome,=,${doc.outcome}`];
	},
	formatters: {
		called_at: (value) => storegroup_oms.connections.make_moment(value),
	},
	onload(listview) {
		listview.page.add_inner_button(__("Failed Calls"), () =>
			listview.filter_area
				.clear(false)
				.then(() => listview.filter_area.add([["Connector Call", "outcome", "!=", "OK"]]))
		);
	},
};
