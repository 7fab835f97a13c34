frappe.ui.form.on("Shipment", {
	setup(frm) {
		frm.set_query("courier", () => ({ filters: { is_active: 1 } }));
		frm.set_query("warehouse", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		if (frm.doc.stop_reasons) {
			const reasons = frm.doc.stop_reasons.split(",").map((code) => __(frappe.unscrub(code)));
			const text = frappe.utils.escape_html(reasons.join(", "));
			frm.dashboard.set_headline(`<b>${__("Stop the parcel")}</b>: ${text}`, "red");
		} else if (frm.doc.exception) {
			frm.dashboard.set_headline(__(frm.doc.exception), "orange");
		}
		show_tracking(frm);
	},
});

function show_tracking(frm) {
	const wrapper = frm.get_field("tracking_html").$wrapper.empty();
	if (!frm.is_new()) storegroup_oms.show_way(wrapper, frm.doc.name);
}
