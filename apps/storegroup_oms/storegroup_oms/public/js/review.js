// Orders approved many at a time from the list: what went on, what not and why, and on to their labels.
frappe.provide("storegroup_oms.review");

// So many are approved by one request; the bar moves after each.
const CHUNK = 50;

// What a check's threshold counts; undefined for checks that have none.
storegroup_oms.review.get_unit = (code) =>
	({
		quantity_unusual: __("pieces"),
		price_mismatch: "%",
		amount_mismatch: __("yuan"),
		duplicate_suspected: __("hours"),
		balance_unpaid: __("yuan"),
		ship_later: __("days before"),
	})[code];

storegroup_oms.review.tell_threshold = (code, value) => {
	const unit = storegroup_oms.review.get_unit(code);
	return unit ? `${flt(value)} ${unit}` : "";
};

const escape = (text) => frappe.utils.escape_html(text || "");

function approve_some(orders) {
	return Promise.resolve(
		frappe.call({ method: "storegroup_oms.api.review.approve", type: "POST", args: { orders } })
	).then(({ message }) => message);
}

// A request that fails ends it, with the server's message; what went before is told all the same.
async function approve_all(orders) {
	const done = { names: [], refused: {}, left: 0 };
	for (let start = 0; start < orders.length; start += CHUNK) {
		const some = await approve_some(orders.slice(start, start + CHUNK)).catch(() => null);
		if (!some) {
			done.left = orders.length - start;
			frappe.hide_progress();
			break;
		}
		done.names.push(...some.names);
		Object.assign(done.refused, some.refused);
		if (orders.length > CHUNK) {
			const count = Math.min(start + CHUNK, orders.length);
			frappe.show_progress(__("Approve Orders"), count, orders.length, "", true);
		}
	}
	return done;
}

function show_approved(done) {
	const refused = Object.entries(done.refused);
	const rows = refused.map(
		([name, reason]) =>
			`<tr><td class="text-nowrap"><a href="/app/order/${encodeURIComponent(name)}" target="_blank">
			${escape(name)}</a></td><td>${escape(reason)}</td></tr>`
	);
	const table = rows.length
		? `<h6 class="mt-3">${__("Left As They Are")}</h6>
			<table class="table table-sm mb-0"><tbody>${rows.join("")}</tbody></table>`
		: "";
	const texts = [__("Approved: {0}. Left: {1}.", [done.names.length, refused.length])];
	if (done.left) texts.push(__("{0} orders were not asked about; try them again.", [done.left]));
	return new Promise((resolve) => {
		const dialog = new frappe.ui.Dialog({
			title: __("Approve Orders"),
			fields: [{ fieldname: "result", fieldtype: "HTML", options: `<p>${escape(texts.join(" "))}</p>${table}` }],
			on_hide: resolve,
		});
		if (done.names.length && frappe.model.can_write("Shipment")) {
			dialog.set_primary_action(__("Print Their Labels"), () => {
				dialog.hide();
				storegroup_oms.parcels.with_parcels_of(done.names, storegroup_oms.printing.labels);
			});
		}
		if (refused.length) {
			dialog.set_secondary_action_label(__("Exception Orders"));
			dialog.set_secondary_action(() => {
				dialog.hide();
				frappe.set_route("review-pool");
			});
		}
		dialog.show();
		if (done.names.length) dialog.get_primary_btn().trigger("focus");
	});
}

// Sent on a day, or, where none is given, as soon as may be.
storegroup_oms.review.plan = (orders) =>
	new Promise((resolve) => {
		frappe.prompt(
			{
				fieldname: "day",
				fieldtype: "Date",
				label: __("Ship On"),
				description: __("Empty: as soon as may be. Until then the orders are held, their stock stays reserved."),
			},
			({ day }) =>
				frappe
					.call({
						method: "storegroup_oms.api.review.plan_shipping",
						type: "POST",
						args: { orders, day: day || "" },
						freeze: true,
					})
					.then(({ message }) => storegroup_oms.parcels.show_done(message, "order"))
					.then(resolve),
			__("Plan Shipping")
		);
	});

storegroup_oms.review.approve = (orders) => approve_all(orders).then(show_approved);
