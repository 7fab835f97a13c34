const ALERT_COLOURS = { Open: "red", Handled: "orange", Closed: "green" };

frappe.listview_settings["Parcel Alert"] = {
	add_fields: ["status", "kind", "shipment"],
	get_indicator(doc) {
		return [__(doc.status), ALERT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	onload(list) {
		if (!list.filter_area.get().length) list.filter_area.add([["Parcel Alert", "status", "=", "Open"]]);
		if (frappe.model.can_write("Parcel Alert")) {
			list.page.add_actions_menu_item(__("Handled"), () => ask_handled(list), false);
		}
		if (frappe.model.can_create("Courier Claim")) {
			list.page.add_actions_menu_item(__("Claim from the Courier"), () => create_claims(list), false);
		}
		show_counts(list);
	},
	refresh: (list) => show_counts(list),
};

// What is open, by kind; a click shows just those.
function show_counts(list) {
	frappe.xcall("storegroup_oms.api.tracking.get_alert_counts").then((counts) => {
		list.$result.parent().find(".alert-counts").remove();
		const pills = counts.map(
			({ kind, open }) =>
				`<button class="btn btn-xs btn-default mr-2 mb-1" data-kind="${frappe.utils.escape_html(kind)}">
					${frappe.utils.escape_html(__(kind))} <b>${cint(open)}</b></button>`
		);
		const bar = $(`<div class="alert-counts p-2">${pills.join("")}</div>`);
		bar.on("click", "button", (event) => {
			const kind = event.currentTarget.dataset.kind;
			list.filter_area
				.clear(false)
				.then(() =>
					list.filter_area.add([
						["Parcel Alert", "status", "=", "Open"],
						["Parcel Alert", "kind", "=", kind],
					])
				);
		});
		list.$result.before(bar);
	});
}

function ask_handled(list) {
	const alerts = list.get_checked_items(true);
	if (!alerts.length) return;
	frappe.prompt(
		{ fieldname: "note", label: __("What Was Done"), fieldtype: "Small Text", reqd: 1 },
		({ note }) =>
			frappe
				.xcall("storegroup_oms.api.tracking.handle_alerts", { alerts, note })
				.then(() => list.refresh()),
		__("Handled")
	);
}

function create_claims(list) {
	const alerts = list.get_checked_items(true);
	if (!alerts.length) return;
	frappe.xcall("storegroup_oms.api.tracking.create_claims", { alerts }).then((names) => {
		if (names.length === 1) {
			frappe.set_route("Form", "Courier Claim", names[0]);
		} else {
			frappe.set_route("List", "Courier Claim", { name: ["in", names] });
		}
	});
}
