frappe.ui.form.on("Task", {
	refresh(frm) {
		if (frm.is_new()) return;
		if (frm.doc.status === "Open") {
			frm.add_custom_button(__("Start"), () => set_status(frm, "In Progress"));
		}
		if (frm.doc.status === "Open" || frm.doc.status === "In Progress") {
			frm.add_custom_button(__("Done"), () => set_status(frm, "Done")).addClass("btn-primary");
		}
		if (frm.doc.reference_doctype && frm.doc.reference_name) {
			frm.add_custom_button(__("Open Record"), () =>
				frappe.set_route("Form", frm.doc.reference_doctype, frm.doc.reference_name)
			);
		}
	},
});

function set_status(frm, status) {
	return frm.set_value("status", status).then(() => frm.save());
}
