frappe.ui.form.on("Customer", {
	refresh(frm) {
		if (frm.doc.is_blocked) {
			const reason = frappe.utils.escape_html(frm.doc.blocked_reason || "");
			frm.dashboard.set_headline(`<b>${__("Blocked")}</b>: ${reason}`, "red");
		}
		if (frm.is_new()) return;
		frm.add_custom_button(__("Orders"), () =>
			frappe.set_route("List", "Order", { customer: frm.doc.name })
		);
	},
});
