const MATCH_REASONS = {
	code: __("Same Code"),
	barcode: __("Same Barcode"),
	similar_code: __("Similar Code"),
	title: __("Similar Title"),
};

frappe.ui.form.on("Listing", {
	setup(frm) {
		frm.set_query("sku", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		frm.get_field("why_html").$wrapper.empty();
		if (frm.is_new()) return;
		show_stock(frm);
		if (!frm.perm[0]?.write) return;
		const button = frm.add_custom_button(__("Find SKU"), () => find_sku(frm));
		if (!frm.doc.sku) button.removeClass("btn-default").addClass("btn-primary");
		add_stock_buttons(frm);
	},
});

function add_stock_buttons(frm) {
	const names = JSON.stringify([frm.doc.name]);
	const call = (method, args) =>
		frappe
			.call({ method: `storegroup_oms.api.stock_push.${method}`, type: "POST", args: { names, ...args } })
			.then(() => frm.reload_doc());
	if (frm.doc.sku) frm.add_custom_button(__("Push Now"), () => call("push_now"));
	if (frm.doc.stock_stopped) {
		frm.add_custom_button(__("Sell Again"), () => call("stop_listings", { stopped: false }));
	} else {
		frm.add_custom_button(__("Stop Selling"), () => call("stop_listings", { stopped: true }));
	}
}

function show_stock(frm) {
	if (frm.doc.push_error) {
		frm.dashboard.set_headline(frappe.utils.escape_html(frm.doc.push_error), "red");
	} else if (frm.doc.differs_since) {
		const since = frappe.datetime.str_to_user(frm.doc.differs_since);
		const text = __("The platform shows {0}, {1} was sent; since {2}.", [
			cint(frm.doc.confirmed_qty),
			cint(frm.doc.pushed_qty),
			since,
		]);
		frm.dashboard.set_headline(text, "orange");
	}
	frappe
		.call({ method: "storegroup_oms.api.stock_push.explain", type: "GET", args: { listing: frm.doc.name } })
		.then(({ message }) => {
			if (message && frm.get_field("why_html")) frm.get_field("why_html").$wrapper.html(make_reason(message));
		});
}

const NO_FIGURE = {
	no_sku: __("No figure: the listing has no SKU yet."),
	no_stock_record: __("No figure: no stock of these goods has been recorded where this shop's goods lie."),
	endless_bundle: __("No figure: the bundle contains itself. Correct its components."),
	deleted: __("No figure: the platform no longer has this listing."),
};
const STOPS = {
	listing_stopped: __("Selling is stopped for this listing"),
	shop_stopped: __("Selling is stopped for the whole shop"),
	off_sale: __("The listing is off sale at the platform"),
};

// The steps of the sum, one a row; what changes nothing is left out.
function make_reason(why) {
	if (why.qty === null) return `<p class="text-muted">${NO_FIGURE[why.reason]}</p>`;
	const rows = [[__("On Hand"), why.on_hand]];
	const take = (label, value) => value && rows.push([label, `− ${value}`]);
	take(__("Reserved"), why.reserved);
	take(__("Expired or too close to it"), why.blocked);
	take(__("Safety stock"), why.safety_stock);
	take(__("Ordered, not yet reserved"), why.demand);
	if (!why.is_exclusive) take(__("For single shops only"), why.kept);
	take(__("Buffer by sales speed"), why.rush);
	if (why.is_bundle) rows.push([__("Whole sets of that"), why.shared_sets]);
	if (why.percentage !== 100) rows.push([__("{0} % for this shop", [why.percentage]), why.share - why.own_sets]);
	if (why.own_sets) rows.push([__("This shop's own pieces"), `+ ${why.own_sets}`]);
	take(__("Buffer"), why.buffer);
	if (why.minimum) rows.push([__("Fewer than {0} are shown as 0", [why.minimum]), ""]);
	if (why.maximum) rows.push([__("Never more than {0}", [why.maximum]), ""]);
	if (why.reason) rows.push([STOPS[why.reason], "0"]);
	const body = rows
		.map(([label, value]) => `<tr><td>${label}</td><td class="text-right">${value}</td></tr>`)
		.join("");
	const sku = why.is_bundle
		? `<p>${__("The scarcest component is {0}, {1} for each.", [frappe.utils.escape_html(why.sku), why.per_set])}</p>`
		: "";
	return `${sku}<table class="table table-sm" style="max-width: 26rem">
		<tbody>${body}
			<tr><th>${__("The platform should show")}</th><th class="text-right">${why.qty}</th></tr>
		</tbody>
	</table>`;
}

function find_sku(frm) {
	frappe
		.call({
			method: "storegroup_oms.api.listings.get_suggestions",
			type: "GET",
			args: { listing: frm.doc.name },
			freeze: true,
		})
		.then(({ message }) => show_suggestions(frm, message || []));
}

function show_suggestions(frm, suggestions) {
	if (!suggestions.length) {
		frappe.msgprint(__("No SKU looks like this listing. Choose one by hand, or add it first."));
		return;
	}
	const dialog = new frappe.ui.Dialog({
		title: __("SKU for {0}", [frm.doc.title || frm.doc.platform_item_id]),
		fields: [{ fieldname: "rows", fieldtype: "HTML" }],
	});
	const wrapper = dialog.get_field("rows").$wrapper.html(make_suggestion_table(suggestions));
	wrapper.on("click", "button[data-sku]", (event) => {
		dialog.hide();
		frm.set_value("sku", event.currentTarget.dataset.sku).then(() => frm.save());
	});
	dialog.show();
}

function make_suggestion_table(suggestions) {
	const escape = frappe.utils.escape_html;
	const rows = suggestions.map(
		(row) => `<tr>
			<td><b>${escape(row.sku)}</b><div class="text-muted">${escape(row.sku_name)} ${escape(row.specification)}</div></td>
			<td class="text-nowrap">${escape(MATCH_REASONS[row.reason] || row.reason)}</td>
			<td class="text-right">${cint(row.score)}</td>
			<td class="text-right"><button class="btn btn-xs btn-primary" data-sku="${escape(row.sku)}">${__("Use")}</button></td>
		</tr>`
	);
	return `<table class="table table-sm">
		<thead><tr><th>${__("SKU")}</th><th>${__("Why")}</th><th class="text-right">${__("Score")}</th><th></th></tr></thead>
		<tbody>${rows.join("")}</tbody>
	</table>`;
}
