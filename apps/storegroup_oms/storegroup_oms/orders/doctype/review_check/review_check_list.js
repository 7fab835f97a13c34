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
		listview.get_subject_html = (doc) => {
			const { code } = doc;
			return get_subject({ ...doc, code: __(frappe.unscrub(code)) });
		};
	},
	get_indicator(doc) {
		if (!doc.is_active) return [__("Disabled"), "gray", "is_active,=,0"];
		if (doc.effect === "Hold") return [__("Hold"), "red", "effect,=,Hold"];
		return [__("Tag"), "blue", "effect,=,Tag"];
	},
};
