frappe.ui.form.on("SKU", {
	setup(frm) {
		frm.set_query("sku", "components", (doc) => ({ filters: { name: ["!=", doc.name], is_active: 1 } }));
	},

	refresh(frm) {
		show_stock(frm);
		if (!frm.is_new() && frappe.model.can_write("Listing")) add_stop_buttons(frm);
	},
});

function add_stop_buttons(frm) {
	const group = __("In All Shops");
	frm.add_custom_button(__("Stop Selling"), () => stop_everywhere(frm, true), group);
	frm.add_custom_button(__("Sell Again"), () => stop_everywhere(frm, false), group);
}

function stop_everywhere(frm, stopped) {
	const question = stopped
		? __("Every listing of {0}, and of bundles with it, shows 0 in all your shops until you sell it again. Stop?", [frm.doc.name])
		: __("Listings of {0}, and of bundles with it, show their stock again. Go on?", [frm.doc.name]);
	frappe.confirm(question, () =>
		frappe
			.call({
				method: "storegroup_oms.api.stock_push.stop_sku",
				type: "POST",
				args: { sku: frm.doc.name, stopped },
				freeze: true,
			})
			.then(({ message }) => {
				const text = stopped
					? __("{0} listings stopped", [message.changed])
					: __("{0} listings sell again", [message.changed]);
				frappe.show_alert({ message: text, indicator: "green" });
			})
	);
}

function show_stock(frm) {
	const wrapper = frm.get_field("stock_html").$wrapper.empty();
	if (frm.is_new()) return;
	frappe.db
		.get_list("Stock Balance", {
			filters: { sku: frm.doc.name },
			fields: ["warehouse", "on_hand", "reserved", "available", "in_transit", "bin_location"],
			order_by: "warehouse asc",
			limit: 200,
		})
		.then((rows) => {
			wrapper.html(make_stock_table(rows));
			wrapper.find("[data-warehouse]").on("click", (event) => {
				event.preventDefault();
				const warehouse = event.currentTarget.dataset.warehouse;
				frappe.set_route("List", "Stock Ledger", { sku: frm.doc.name, warehouse });
			});
		});
}

function make_stock_table(rows) {
	if (!rows.length) return `<p class="text-muted">${__("No warehouse holds this SKU.")}</p>`;
	const escape = frappe.utils.escape_html;
	const numbers = ["on_hand", "reserved", "available", "in_transit"];
	const heads = [__("On Hand"), __("Reserved"), __("Available"), __("In Transit")];
	const make_cells = (row) => numbers.map((key) => `<td class="text-right">${cint(row[key])}</td>`).join("");
	const body = rows.map(
		(row) =>
			`<tr><td><a href="#" data-warehouse="${escape(row.warehouse)}" title="${__("Show movements")}">
				${escape(row.warehouse)}</a></td>${make_cells(row)}<td>${escape(row.bin_location || "")}</td></tr>`
	);
	const total = {};
	numbers.forEach((key) => (total[key] = rows.reduce((sum, row) => sum + cint(row[key]), 0)));
	return `<table class="table table-bordered table-sm">
		<thead><tr>
			<th>${__("Warehouse")}</th>
			${heads.map((head) => `<th class="text-right">${head}</th>`).join("")}
			<th>${__("Bin Location")}</th>
		</tr></thead>
		<tbody>${body.join("")}</tbody>
		<tfoot><tr><th>${__("Total")}</th>${make_cells(total)}<td></td></tr></tfoot>
	</table>`;
}
