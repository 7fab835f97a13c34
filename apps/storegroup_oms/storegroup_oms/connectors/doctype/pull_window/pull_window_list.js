const PULL_WINDOW_COLOURS = {
	Open: "gray",
	Running: "yellow",
	Complete: "green",
	Incomplete: "orange",
	Failed: "red",
};

frappe.listview_settings["Pull Window"] = {
	hide_name_column: true,
	add_fields: ["status", "missing"],
	get_indicator(doc) {
		return [__(doc.status), PULL_WINDOW_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		from_time: (value) => storegroup_oms.connections.make_moment(value),
		to_time: (value) => storegroup_oms.connections.make_moment(value),
		missing: (count) => (count ? `<span class="indicator-pill red no-indicator-dot">${cint(count)}</span>` : "0"),
		quarantined: (count) =>
			count ? `<span class="indicator-pill orange no-indicator-dot">${cint(count)}</span>` : "0",
	},
	onload(listview) {
		listview.page.add_inner_button(__("Not Complete"), () =>
			listview.filter_area
				.clear(false)
				.then(() =>
					listview.filter_area.add([["Pull Window", "status", "in", ["Open", "Running", "Incomplete", "Failed"]]])
				)
		);
		listview.page.add_inner_button(__("Shop Health"), () => frappe.set_route("shop-health"));
	},
};
