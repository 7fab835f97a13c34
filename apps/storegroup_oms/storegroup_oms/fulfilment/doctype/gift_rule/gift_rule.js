frappe.ui.form.on("Gift Rule", {
	setup(frm) {
		for (const name of ["gift_sku", "bought_sku"]) {
			frm.set_query(name, () => ({ filters: { is_active: 1 } }));
		}
	},

	refresh(frm) {
		if (frm.doc.gift_sku) {
			frm.add_custom_button(__("Try It Out"), () => storegroup_oms.gifts.try_rule(frm));
		}
		if (!frm.is_new() && !frm.doc.is_active) {
			frm.dashboard.set_headline(__("The rule is switched off."), "orange");
		}
	},

	gift_sku: (frm) => frm.trigger("refresh"),
});
