frappe.ui.form.on("Print Batch", {
	refresh(frm) {
		const { name, kind, status, total, printed, refused, pages, file, error } = frm.doc;
		frm.disable_save();
		if (status === "Failed") {
			frm.add_custom_button(__("Try Again"), () =>
				frappe
					.call({ method: "storegroup_oms.api.printing.try_again", type: "POST", args: { batch: name } })
					.then(({ message }) => storegroup_oms.printing.follow(message))
					.then(() => frm.reload_doc())
			);
		} else if (status !== "Completed") {
			const found = { batch: name, kind, status, total, printed, refused, pages, file, error };
			frm.add_custom_button(__("Watch"), () =>
				storegroup_oms.printing.follow(found).then(() => frm.reload_doc())
			);
		} else if (file) {
			frm.add_custom_button(__("Open File"), () => window.open(file, "_blank"));
		} else if (printed) {
			frm.dashboard.set_headline(__("The file was deleted after a week, because it named receivers."));
		}
	},
});
