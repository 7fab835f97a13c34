frappe.listview_settings["Review Check"] = {
	hide_name_column: true,
	add_fields: ["is_active", "effect"],
	formatters: {
		threshold: (value, df, doc) => storegroup_oms.review.tell_threshold(doc.code, value),
		shop: (value) => frappe.utils.escape_html(value || __("All shops")),
	},
	onload(listview) {
		// A formatter would take the row's link and tick box away.
		const get_subject = listview.get_subject_html.bind(listview);
		listview.get_subject_html = (doc) => get_subject({ ...doc, code: __(frappe.unscrub(doc.code)) });
	},
	get_indicator(doc) {
		if (!doc.is_active) return [__("Disabled"), "gray", "is_active,=,0"];
		const colour = doc.effect === "Hold" ? "red" : "blue";
		return [__(doc.effect), colour, `effect,=,${doc.effect}`];
	},
};
