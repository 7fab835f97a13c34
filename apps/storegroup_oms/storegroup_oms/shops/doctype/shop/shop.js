frappe.ui.form.on("Shop", {
	setup(frm) {
		frm.set_query("default_warehouse", () => ({ filters: { is_active: 1 } }));
		frm.set_query("default_courier", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		show_health(frm);
		frm.add_custom_button(__("Orders"), () =>
			frappe.set_route("List", "Order", { shop: frm.doc.name })
		);
		if (frappe.model.can_create("Order Import")) {
			frm.add_custom_button(__("Import Order File"), () =>
				frappe.new_doc("Order Import", { shop: frm.doc.name })
			);
		}
	},
});

function show_health(frm) {
	if (frm.doc.platform === "Manual") return;
	if (frm.doc.status === "Authorisation Expired") {
		frm.dashboard.set_headline(
			__("The platform no longer accepts this shop's authorisation. Authorise the shop again."),
			"red"
		);
		return;
	}
	if (frm.doc.failing_since) {
		const since = frappe.datetime.str_to_user(frm.doc.failing_since);
		frm.dashboard.set_headline(__("The connection has been failing since {0}.", [since]), "orange");
	}
	if (frm.doc.token_expires_at) {
		const days = moment(frm.doc.token_expires_at).diff(moment(frappe.datetime.now_datetime()), "days");
		const colour = days < 1 ? "red" : days < 7 ? "orange" : "green";
		frm.dashboard.add_indicator(__("Authorisation ends in {0} days", [days]), colour);
	}
	if (frm.doc.complete_up_to) {
		const upto = frappe.datetime.str_to_user(frm.doc.complete_up_to);
		frm.dashboard.add_indicator(__("Complete up to {0}", [upto]), "green");
	}
}
