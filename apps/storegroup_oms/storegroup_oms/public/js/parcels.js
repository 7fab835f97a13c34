// Actions with many parcels at once: from the list of parcels, its form, and the list of orders.
frappe.provide("storegroup_oms.parcels");

const CALL = "storegroup_oms.api.parcels";

function call(method, args) {
	return frappe
		.call({ method: `${CALL}.${method}`, type: "POST", args, freeze: true })
		.then(({ message }) => message);
}

function escape(text) {
	return frappe.utils.escape_html(text);
}

// What was done, and each parcel that was not with its reason and a link.
storegroup_oms.parcels.show_done = (done, doctype = "shipment") => {
	if (done.queued) {
		frappe.show_alert(__("{0} parcels are worked on in the background.", [done.queued]));
		return;
	}
	const refused = Object.entries(done.refused);
	const text = __("Done: {0}. Refused: {1}.", [done.names.length, refused.length]);
	frappe.show_alert({ message: text, indicator: refused.length ? "orange" : "green" }, 7);
	if (!refused.length) return;
	const rows = refused.map(
		([name, reason]) =>
			`<tr><td><a href="/app/${doctype}/${encodeURIComponent(name)}">${escape(name)}</a></td>
			<td>${escape(reason)}</td></tr>`
	);
	frappe.msgprint({
		title: __("What Could Not Be Done"),
		indicator: "orange",
		message: `<table class="table table-sm"><tbody>${rows.join("")}</tbody></table>`,
	});
};

storegroup_oms.parcels.take_step = (step, shipments) =>
	call("take_step", { step, shipments }).then((done) => storegroup_oms.parcels.show_done(done));

storegroup_oms.parcels.ship = (shipments) =>
	new Promise((resolve) => {
		frappe.confirm(__("Ship {0} parcels?", [shipments.length]), () =>
			storegroup_oms.parcels.take_step("ship", shipments).then(resolve)
		);
	});

storegroup_oms.parcels.merge = (shipments) =>
	call("merge", { shipments }).then((name) =>
		frappe.show_alert({
			message: __("Parcels {0} are one now: {1}.", [shipments.length, escape(name)]),
			indicator: "green",
		})
	);

storegroup_oms.parcels.unmerge = (shipments) => call("unmerge", { shipments });

storegroup_oms.parcels.stop = (shipments) => call("stop", { shipments });

storegroup_oms.parcels.release = (shipments) =>
	new Promise((resolve) => {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Why may they go on?"), reqd: 1 },
			({ reason }) =>
				call("release", { shipments, reason }).then((done) => storegroup_oms.parcels.show_done(done)).then(resolve),
			__("Let Go")
		);
	});

// Choose whole units of each order line; of a bundle's parts the first one stands for all.
storegroup_oms.parcels.split = (frm) => {
	const rows = frm.doc.items.filter((row) => row.order_item);
	const fields = rows.map((row, index) => ({
		fieldname: `line_${index}`,
		fieldtype: "Int",
		label: `${row.sku} · ${row.sku_name || ""} (${row.qty})`,
		default: 0,
		non_negative: 1,
	}));
	frappe.prompt(
		fields,
		(values) => {
			const units = {};
			rows.forEach((row, index) => {
				const count = cint(values[`line_${index}`]);
				if (count) units[row.order_item] = count;
			});
			call("split", { shipment: frm.doc.name, units }).then(() => frm.reload_doc());
		},
		__("Units for the New Parcel"),
		__("Split")
	);
};

// Puts every suggested group together, one call each, so that one refusal holds up no other.
storegroup_oms.parcels.show_suggestions = (listview) =>
	frappe.call({ method: `${CALL}.get_suggestions`, type: "GET" }).then(({ message }) => {
		if (!message.length) {
			frappe.show_alert(__("Nothing can be put together."));
			return;
		}
		const dialog = new frappe.ui.Dialog({
			title: __("Parcels to Put Together"),
			fields: message.map((group, index) => ({
				fieldname: `group_${index}`,
				fieldtype: "Check",
				label: group.join(", "),
				default: 1,
			})),
			primary_action_label: __("Put Together"),
			primary_action(values) {
				dialog.hide();
				const chosen = message.filter((_group, index) => values[`group_${index}`]);
				chosen
					.reduce((last, group) => last.then(() => storegroup_oms.parcels.merge(group)), Promise.resolve())
					.finally(() => listview.refresh());
			},
		});
		dialog.show();
	});

storegroup_oms.parcels.put_aside = (shipments) =>
	frappe
		.call({ method: "storegroup_oms.api.stopped_parcels.put_aside", type: "POST", args: { shipments }, freeze: true })
		.then(({ message }) => frappe.show_alert(__("Found and put aside: {0}.", [message.length])));

// Stopped parcels that somebody holds a label or the goods of, and where each stands; found ones are ticked off.
storegroup_oms.parcels.show_stopped = (listview) =>
	frappe.call({ method: "storegroup_oms.api.stopped_parcels.get_stopped", type: "GET" }).then(({ message }) => {
		if (!message.length) {
			frappe.show_alert({ message: __("No stopped parcel is on the floor."), indicator: "green" });
			return;
		}
		const rows = message.map((row) => {
			const found = row.set_aside_at ? `✓ ${frappe.datetime.str_to_user(row.set_aside_at)}` : "";
			const tick = found || `<input type="checkbox" data-name="${escape(row.name)}" aria-label="${__("Found Again")}">`;
			const cells = [row.reason, __(row.status), row.wave_no, row.bins, row.last_user];
			return `<tr><td><a href="/app/shipment/${encodeURIComponent(row.name)}">${escape(
				row.waybill_no || row.name
			)}</a></td>${cells.map((cell) => `<td>${escape(cell || "")}</td>`).join("")}<td>${tick}</td></tr>`;
		});
		const heads = [
			__("Waybill No."),
			__("Reason"),
			__("Status"),
			__("Wave No."),
			__("Bin Location"),
			__("Last in the Hands Of"),
			__("Found Again"),
		];
		const dialog = new frappe.ui.Dialog({
			title: __("Stopped Parcels to Find Again"),
			size: "extra-large",
			fields: [
				{
					fieldname: "list",
					fieldtype: "HTML",
					options: `<div class="table-responsive"><table class="table table-sm"><thead><tr>${heads
						.map((head) => `<th>${head}</th>`)
						.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`,
				},
			],
			primary_action_label: __("Found and Put Aside"),
			primary_action() {
				const names = dialog.$wrapper
					.find("[data-name]:checked")
					.toArray()
					.map((box) => box.dataset.name);
				dialog.hide();
				if (names.length) storegroup_oms.parcels.put_aside(names).then(() => listview.refresh());
			},
		});
		if (!frappe.model.can_write("Shipment")) dialog.get_primary_btn().addClass("hidden");
		dialog.show();
	});

// Live parcels of chosen orders, then `work` with their names.
storegroup_oms.parcels.with_parcels_of = (orders, work) =>
	frappe.call({ method: `${CALL}.find_for_orders`, type: "GET", args: { orders } }).then(({ message }) => {
		if (message.length) return work(message);
		frappe.show_alert(__("These orders have no parcel in the house."));
	});

frappe.realtime.on("parcel_progress", ({ done, total, names, refused }) => {
	frappe.show_progress(__("Ship"), done, total, "", true);
	if (Object.keys(refused).length) storegroup_oms.parcels.show_done({ names, refused });
});
