frappe.ui.form.on("Warehouse", {
	refresh(frm) {
		if (frm.is_new()) return;
		frm.add_custom_button(__("Stock"), () =>
			frappe.set_route("List", "Stock Balance", { warehouse: frm.doc.name })
		);
	},
});
