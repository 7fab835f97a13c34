frappe.listview_settings["Stock Proof"] = {
	hide_name_column: true,
	add_fields: ["drifts"],
	get_indicator(doc) {
		return doc.drifts ? [__("Differences Found"), "red", "drifts,>,0"] : [__("Adds Up"), "green", "drifts,=,0"];
	},
	formatters: {
		started_at: (value) => storegroup_oms.connections.make_moment(value),
		ended_at: (value) => storegroup_oms.connections.make_moment(value),
	},
	refresh(listview) {
		// A formatter would take the link and the box to tick out of the first column.
		listview.$result.find(".list-subject a").each((_index, link) => {
			const value = link.textContent.trim();
			link.textContent = __(value);
		});
	},
};
