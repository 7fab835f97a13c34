frappe.provide("storegroup_oms.gifts");

const escape = frappe.utils.escape_html;

// Codes of fulfilment/gift_rules.py and fulfilment/gifts.py.
const SENTENCES = {
	given: (facts) => __("{0} gives {1} × {2}.", [facts.rule, facts.sku, facts.qty]),
	bought_too_few: (facts) => __("{0}: {1} of {2} pieces bought.", [facts.by, facts.bought, facts.wanted]),
	amount_below: (facts) => __("{0}: {1} paid, from {2} on.", [facts.by, facts.amount, facts.wanted]),
	exclusive: (facts) => __("{0}: does not go together with {1}.", [facts.by, facts.rule]),
	buyer_limit: (facts) => __("{0}: the buyer has it on {1} orders already.", [facts.by, facts.orders]),
	total_limit: (facts) => __("{0}: all {1} pieces are given.", [facts.by, facts.pieces]),
	no_stock: (facts) => __("{0}: not enough of {1} is left.", [facts.by, facts.sku]),
	removed: (facts) => __("{0} × {1}: a person took the line away.", [facts.sku, facts.qty]),
	order_closed: (facts) => __("{0} × {1}: the order is closed.", [facts.sku, facts.qty]),
	earned_no_more: (facts) =>
		__("{0} × {1}: after a refund or a change the order no longer earns it.", [facts.sku, facts.qty]),
	stock_gone: (facts) => __("{0} × {1}: its stock is gone.", [facts.sku, facts.qty]),
	goods_changed: (facts) => __("{0} × {1}: the goods are reserved anew.", [facts.sku, facts.qty]),
};

// Sentences under an event of the order's timeline, as HTML.
storegroup_oms.gifts.explain = (gifts) =>
	(gifts || [])
		.map(([code, facts]) => {
			const sentence = SENTENCES[code] ? SENTENCES[code](facts) : code;
			return `<div class="text-muted small">${escape(sentence)}</div>`;
		})
		.join("");

function make_trial(found) {
	if (!found.looked) return `<p class="text-muted">${__("No paid order yet that it could be tried on.")}</p>`;
	const words = [
		__("Of the latest {0} paid orders {1} would have got the gift: {2} pieces.", [
			found.looked,
			found.earned,
			found.pieces,
		]),
	];
	if (found.cost !== null) words.push(__("Cost at today's average: {0}.", [found.cost]));
	words.push(__("{0} pieces are free now.", [found.free]));
	const warning =
		found.pieces > found.free ? `<p class="text-danger">${__("That is more than there is.")}</p>` : "";
	const reasons = Object.entries(found.refused).map(
		([code, count]) => `<tr><td>${escape(name_refusal(code))}</td><td class="text-right">${count}</td></tr>`
	);
	const links = found.examples.map(
		(order) => `<a href="/app/order/${encodeURIComponent(order)}">${escape(order)}</a>`
	);
	const table = reasons.length
		? `<table class="table table-sm table-bordered"><thead><tr><th>${__("Without the Gift")}</th>
			<th class="text-right">${__("Orders")}</th></tr></thead><tbody>${reasons.join("")}</tbody></table>`
		: "";
	const examples = links.length ? `<p>${__("For example")}: ${links.join(" · ")}</p>` : "";
	return `<p>${words.map(escape).join(" ")}</p>${warning}${table}${examples}`;
}

function name_refusal(code) {
	return {
		other_order: __("Another shop, platform or type of order"),
		other_period: __("Paid outside the period"),
		bought_too_few: __("Too few pieces bought"),
		amount_below: __("Too little paid"),
		buyer_limit: __("The buyer has it already"),
		total_limit: __("All pieces given"),
	}[code];
}

storegroup_oms.gifts.try_rule = (frm) =>
	frappe
		.call({
			method: "storegroup_oms.api.gifts.try_rule",
			type: "POST",
			args: { rule: frm.doc },
			freeze: true,
		})
		.then(({ message }) => {
			const dialog = new frappe.ui.Dialog({
				title: __("Try It Out"),
				fields: [{ fieldname: "trial", fieldtype: "HTML" }],
			});
			dialog.get_field("trial").$wrapper.html(make_trial(message));
			dialog.show();
		});
