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
		if (frm.is_new() || !frm.perm[0]?.write) return;
		const button = frm.add_custom_button(__("Find SKU"), () => find_sku(frm));
		if (!frm.doc.sku) button.removeClass("btn-default").addClass("btn-primary");
	},
});

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
