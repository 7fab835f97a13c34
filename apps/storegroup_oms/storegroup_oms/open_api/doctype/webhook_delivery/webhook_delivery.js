frappe.ui.form.on("Webhook Delivery", {
	refresh(frm) {
		if (frm.is_new() || !frm.perm[0]?.write) return;
		frm.add_custom_button(__("Send Again"), () =>
			frappe
				.call("storegroup_oms.api.webhooks.send_again", { names: [frm.doc.name] })
				.then(() => frm.reload_doc())
		);
	},
});
