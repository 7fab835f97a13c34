frappe.ui.form.on("Review Check", {
	setup(frm) {
		const codes = frm.get_field("code").df.options.split("\n");
		frm.set_df_property(
			"code",
			"options",
			codes.map((code) => ({ value: code, label: __(frappe.unscrub(code)) }))
		);
	},

	refresh(frm) {
		if (!frm.doc.is_active) frm.dashboard.set_headline(__("The check is switched off."), "orange");
		frm.trigger("code");
	},

	code(frm) {
		const unit = storegroup_oms.review.get_unit(frm.doc.code);
		frm.toggle_display("threshold", Boolean(unit));
		if (unit) frm.set_df_property("threshold", "label", `${__("Threshold")} (${unit})`);
	},
});
