frappe.ui.form.on("Courier Claim", {
	setup(frm) {
		frm.set_query("shipment", "parcels", (doc) => ({
			filters: { courier: doc.courier, warehouse: doc.warehouse },
		}));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		frm.add_custom_button(__("List as Excel"), () =>
			open_url_post("/api/method/storegroup_oms.api.tracking.download_claim_sheet", {
				name: frm.doc.name,
			})
		);
		if (!frm.perm[0].write) return;
		const next = { Draft: ["Sent"], Sent: ["Accepted", "Rejected"], Accepted: ["Paid"] };
		for (const status of next[frm.doc.status] || []) {
			frm.add_custom_button(__(status), () => frm.set_value("status", status).then(() => frm.save()));
		}
	},
});
