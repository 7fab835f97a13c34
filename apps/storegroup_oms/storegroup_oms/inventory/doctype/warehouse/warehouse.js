frappe.ui.form.on("Warehouse", {
	refresh(frm) {
		if (frm.is_new()) return;
		frm.add_custom_button(__("Stock"), () =>
			frappe.set_route("List", "Stock Balance", { warehouse: frm.doc.name })
		);
		if (["Defective", "Transit"].includes(frm.doc.warehouse_kind)) return;
		frm.add_custom_button(__("Defective Goods"), () =>
			frappe
				.call({
					method: "storegroup_oms.api.stock_entries.create_defective_place",
					type: "POST",
					args: { warehouse: frm.doc.name },
				})
				.then(({ message }) => frappe.set_route("Form", "Warehouse", message))
		);
	},
});
