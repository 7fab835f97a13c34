const SHIPMENT_COLOURS = {
	"To Print": "cyan",
	Printed: "purple",
	Picked: "purple",
	Verified: "yellow",
	Shipped: "blue",
	"In Transit": "blue",
	"Out for Delivery": "light-blue",
	Delivered: "green",
	Returned: "orange",
	Cancelled: "gray",
};
const SHIPMENT_LIVE = ["To Print", "Printed", "Picked", "Verified"];

function make_stop_pills(codes) {
	return (codes || "")
		.split(",")
		.filter(Boolean)
		.map((code) => {
			const label = frappe.utils.escape_html(__(frappe.unscrub(code)));
			return `<span class="indicator-pill red no-indicator-dot mr-1">${label}</span>`;
		})
		.join("");
}

frappe.listview_settings["Shipment"] = {
	add_fields: ["status", "exception", "stop_reasons"],
	get_indicator(doc) {
		if (doc.stop_reasons && SHIPMENT_LIVE.includes(doc.status)) {
			return [`${__("Stopped")} · ${__(doc.status)}`, "red", `status,=,${doc.status}`];
		}
		return [__(doc.status), SHIPMENT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		exception(value) {
			return value
				? `<span class="indicator-pill red no-indicator-dot">${__(value)}</span>`
				: "";
		},
		stop_reasons: (value) => make_stop_pills(value),
	},
	onload(listview) {
		const filters = {
			"To Print": [["Shipment", "status", "=", "To Print"]],
			"Stopped, to Find Again": [
				["Shipment", "status", "in", ["Printed", "Picked", "Verified"]],
				["Shipment", "stop_reasons", "is", "set"],
				["Shipment", "set_aside_at", "is", "not set"],
			],
		};
		const labels = { "To Print": __("To Print"), "Stopped, to Find Again": __("Stopped, to Find Again") };
		for (const key of Object.keys(filters)) {
			listview.page.add_inner_button(
				labels[key],
				() => listview.filter_area.clear(false).then(() => listview.filter_area.add(filters[key])),
				__("Queues")
			);
		}
		const { parcels, printing } = storegroup_oms;
		listview.page.add_inner_button(__("Stopped Parcels"), () => parcels.show_stopped(listview));
		if (!frappe.model.can_write("Shipment")) return;
		listview.page.add_inner_button(__("Parcels to Put Together"), () => parcels.show_suggestions(listview));
		const actions = [
			[__("Choose Couriers"), storegroup_oms.couriers.choose],
			[__("Print Labels"), printing.labels],
			[__("Print Pick List"), printing.pick_list],
			[__("Print Packing Slips"), printing.slips],
			[__("Ship"), parcels.ship],
			[__("Print Manifest"), printing.manifest],
			[__("Put Together"), parcels.merge],
			[__("Take Apart"), parcels.unmerge],
			[__("Stop"), parcels.stop],
			[__("Let Go"), parcels.release],
			[__("Take Back Print"), (names) => parcels.take_step("undo_print", names)],
			[__("Take Back Verification"), (names) => parcels.take_step("undo_verify", names)],
		];
		for (const [label, work] of actions) {
			listview.page.add_action_item(label, () =>
				Promise.resolve(work(listview.get_checked_items(true))).then(() => {
					listview.clear_checked_items();
					listview.refresh();
				})
			);
		}
	},
};
