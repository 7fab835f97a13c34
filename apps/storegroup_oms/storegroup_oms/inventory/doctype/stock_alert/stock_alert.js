frappe.ui.form.on("Stock Alert", {
	refresh(frm) {
		const { sku, warehouse } = frm.doc;
		const open = (view) => {
			frappe.route_options = { sku, warehouse: warehouse || "", text: "" };
			frappe.set_route("stock-desk", view);
		};
		frm.add_custom_button(__("Stock Overview"), () => open("matrix"));
		frm.add_custom_button(__("Movements"), () => open("movements"));
	},
});
