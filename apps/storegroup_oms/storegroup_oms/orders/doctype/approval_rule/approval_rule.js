frappe.ui.form.on("Approval Rule", {
	refresh(frm) {
		frm.dashboard.clear_headline();
		if (!frm.doc.is_active) {
			frm.dashboard.set_headline(__("The rule is switched off: no order goes on by it."), "orange");
		} else if (!frm.is_new()) {
			frm.dashboard.set_headline(
				__("Orders without holds that fit go on by themselves, checked each minute."),
				"green"
			);
		}
	},
});
