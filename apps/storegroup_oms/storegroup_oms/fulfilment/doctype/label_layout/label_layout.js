frappe.ui.form.on("Label Layout", {
	refresh(frm) {
		if (frm.is_new()) return;
		frm.add_custom_button(__("Show a Sample"), () => {
			const layout = encodeURIComponent(frm.doc.name);
			window.open(`/api/method/storegroup_oms.api.printing.show_sample?layout=${layout}`, "_blank");
		});
	},
});
