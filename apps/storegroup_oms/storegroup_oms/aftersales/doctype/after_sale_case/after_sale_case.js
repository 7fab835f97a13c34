const CASE_ENDED = ["Refunded", "Done", "Rejected", "Cancelled"];

frappe.ui.form.on("After-sale Case", {
	refresh(frm) {
		const { kind, status, platform_case_no, name } = frm.doc;
		if (kind === "Refund Before Shipping" && status === "Open" && platform_case_no) {
			frm.add_custom_button(__("Agree to the Refund"), () =>
				storegroup_oms.agree_refunds([name]).then(() => frm.reload_doc())
			);
		}
		if (frm.is_new() || !frm.doc.due_at || CASE_ENDED.includes(frm.doc.status)) return;
		const hours = moment(frm.doc.due_at).diff(moment(frappe.datetime.now_datetime()), "minutes") / 60;
		const shown = Math.abs(hours).toFixed(1);
		if (hours < 0) {
			frm.dashboard.set_headline(__("The deadline passed {0} hours ago.", [shown]), "red");
		} else if (hours < 24) {
			frm.dashboard.set_headline(__("{0} hours are left to answer.", [shown]), "orange");
		}
	},
});
