frappe.ui.form.on("Courier Rule", {
	setup(frm) {
		frm.set_query("courier", () => ({ filters: { is_active: 1 } }));
		frm.set_query("warehouse", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		frm.get_field("trial_html").$wrapper.html(
			`<p class="text-muted">${__("Try it Out shows which of the latest parcels would have gone otherwise, and what that saves or costs.")}</p>`
		);
		frm.add_custom_button(__("Try It Out"), () => storegroup_oms.couriers.try_rule(frm));
		if (!frm.is_new() && !frm.doc.enabled) frm.dashboard.set_headline(__("The rule is switched off."), "orange");
	},
});
