// Couriers for parcels before print: chosen by rules and price, or by a person; why this one; a rule tried out.
frappe.provide("storegroup_oms.couriers");

const CALL = "storegroup_oms.api.couriers";

function call(method, args, type = "POST") {
	return frappe
		.call({ method: `${CALL}.${method}`, type, args, freeze: type === "POST" })
		.then(({ message }) => message);
}

function escape(value) {
	return frappe.utils.escape_html(`${value ?? ""}`);
}

// Empty: by rules, price and speed. Otherwise the one that the person names.
storegroup_oms.couriers.choose = (shipments) =>
	new Promise((resolve) => {
		const dialog = new frappe.ui.Dialog({
			title: __("Choose Couriers"),
			fields: [
				{
					fieldname: "courier",
					fieldtype: "Link",
					options: "Courier",
					label: __("Courier"),
					description: __("Empty: by rules, price and speed, also for those that have one that nobody chose by hand."),
					get_query: () => ({ filters: { is_active: 1 } }),
				},
			],
			primary_action_label: __("Choose Couriers"),
			primary_action({ courier }) {
				dialog.hide();
				const asked = courier
					? call("set_courier", { shipments, courier })
					: call("choose", { shipments, again: 1 });
				asked.then((done) => storegroup_oms.parcels.show_done(done)).then(resolve);
			},
		});
		dialog.show();
	});

function make_choice(found) {
	const heads = [__("Courier"), __("Days"), ...(found.shows_cost ? [__("Price")] : []), __("Why")];
	const rows = found.candidates.map((one) => {
		const parts = one.parts.map(([label, amount]) => `${name_part(label)} ${amount}`).join(" + ");
		const price = found.shows_cost ? `<td class="text-right" title="${escape(parts)}">${escape(one.price ?? "–")}</td>` : "";
		const days = one.days_known ? one.days : `<span class="text-muted">${one.days}?</span>`;
		const why = one.is_chosen ? [__("Goes with This")] : one.why;
		return `<tr class="${one.is_chosen ? "font-weight-bold" : ""}"><td>${escape(one.courier)}</td>
			<td class="text-right">${days}</td>${price}<td>${why.map(escape).join("<br>")}</td></tr>`;
	});
	return `<p class="text-muted">${escape(name_chooser(found.chosen_by))}</p>
		<table class="table table-sm table-bordered mb-0"><thead><tr>${heads
			.map((head, index) => `<th class="${index && index < heads.length - 1 ? "text-right" : ""}">${head}</th>`)
			.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function name_part(label) {
	return { first: __("First weight"), next: __("Further weight") }[label] || label;
}

function name_chooser(chosen_by) {
	if (chosen_by === "Price and Speed") return __("Chosen by price and speed.");
	if (chosen_by.startsWith("Rule ")) return __("Chosen by rule {0}.", [chosen_by.slice(5)]);
	return __("Chosen by {0}.", [frappe.user.full_name(chosen_by)]);
}

storegroup_oms.couriers.show_choice = (wrapper, shipment) =>
	call("get_choice", { shipment }, "GET").then((found) => {
		const text = __("This courier was not chosen here: it comes from the order, or was typed in.");
		wrapper.html(found ? make_choice(found) : `<p class="text-muted">${text}</p>`);
	});

function make_trial(found) {
	if (!found.looked) return `<p class="text-muted">${__("No parcel has left yet that it could be tried on.")}</p>`;
	const words = [
		__("Of the latest {0} parcels {1} fit, {2} would have gone with another courier.", [
			found.looked,
			found.fitting,
			found.changed,
		]),
	];
	if (found.price !== null) {
		const price = Number(found.price);
		if (price < 0) words.push(__("Freight in all: {0} less.", [(-price).toFixed(2)]));
		else words.push(__("Freight in all: {0} more.", [price.toFixed(2)]));
	}
	const days = found.changed ? Number(found.days) / found.changed : 0;
	if (days) {
		words.push(
			days > 0
				? __("On average {0} days later.", [days.toFixed(1)])
				: __("On average {0} days earlier.", [(-days).toFixed(1)])
		);
	}
	if (found.price_unknown) words.push(__("Of {0} the price is not known.", [found.price_unknown]));
	const warning = found.none
		? `<p class="text-danger">${__("{0} would have had no courier at all.", [found.none])}</p>`
		: "";
	const rows = found.examples.map(
		(row) => `<tr><td><a href="/app/shipment/${encodeURIComponent(row.shipment)}">${escape(row.shipment)}</a></td>
			<td>${escape(row.before || "–")} → <b>${escape(row.after || "–")}</b></td>
			<td class="text-right">${escape(row.price_before ?? "–")} → ${escape(row.price_after ?? "–")}</td></tr>`
	);
	const table = rows.length
		? `<table class="table table-sm table-bordered mb-0"><thead><tr><th>${__("Parcel")}</th><th>${__(
				"Courier"
			)}</th><th class="text-right">${__("Price")}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`
		: "";
	return `<p>${words.map(escape).join(" ")}</p>${warning}${table}`;
}

storegroup_oms.couriers.try_rule = (frm) =>
	call("try_rule", { rule: frm.doc }).then((found) =>
		frm.get_field("trial_html").$wrapper.html(make_trial(found))
	);
