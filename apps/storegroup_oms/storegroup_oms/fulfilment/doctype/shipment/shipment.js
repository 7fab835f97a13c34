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
		show_courier(frm);
		if (!frm.is_new() && frappe.model.can_write("Shipment")) add_actions(frm);
	},
});

function add_actions(frm) {
	const { parcels, printing } = storegroup_oms;
	const add = (label, work) =>
		frm.add_custom_button(label, () => Promise.resolve(work([frm.doc.name])).then(() => frm.reload_doc()));
	if (frm.doc.status === "To Print" && !frm.doc.waybill_no) {
		frm.add_custom_button(__("Split"), () => parcels.split(frm));
		add(__("Choose Courier"), storegroup_oms.couriers.choose);
		if (frm.doc.orders.length > 1) add(__("Take Apart"), parcels.unmerge);
	}
	if (["Printed", "Picked"].includes(frm.doc.status)) {
		add(__("Take Back Print"), (names) => parcels.take_step("undo_print", names));
	}
	if (frm.doc.status === "Verified") {
		add(__("Take Back Verification"), (names) => parcels.take_step("undo_verify", names));
	}
	if (["Printed", "Picked", "Verified"].includes(frm.doc.status)) add(__("Ship"), parcels.ship);
	if (["To Print", "Printed", "Picked", "Verified"].includes(frm.doc.status) && !frm.doc.stop_reasons) {
		add(frm.doc.printed_count ? __("Print Label Again") : __("Print Label"), printing.labels);
	}
	if (["To Print", "Printed", "Picked", "Verified"].includes(frm.doc.status)) {
		if (frm.doc.stop_reasons) add(__("Let Go"), parcels.release);
		else add(__("Stop"), parcels.stop);
	}
}

function show_courier(frm) {
	const wrapper = frm.get_field("courier_html").$wrapper.empty();
	frm.toggle_display("courier_section", Boolean(frm.doc.courier_chosen_by));
	if (frm.doc.courier_chosen_by) storegroup_oms.couriers.show_choice(wrapper, frm.doc.name);
}

function show_tracking(frm) {
	const wrapper = frm.get_field("tracking_html").$wrapper.empty();
	if (!frm.is_new()) storegroup_oms.show_way(wrapper, frm.doc.name);
}
