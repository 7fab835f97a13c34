// One window that finds an order by whatever the buyer said: number, nick, phone or waybill.
frappe.provide("storegroup_oms");

const DELAY_MS = 250;
const SHORTEST = 2;

function make_rows(orders) {
	const escape = frappe.utils.escape_html;
	return orders
		.map(
			(doc) => `<tr>
				<td><a href="${frappe.utils.get_form_link("Order", doc.name)}">${escape(doc.name)}</a></td>
				<td>${escape(__(doc.status))}</td>
				<td>${escape(doc.shop)}</td>
				<td>${escape(doc.platform_order_no || "")}</td>
				<td>${escape(doc.buyer_nick || "")}</td>
				<td>${escape([doc.receiver_name, doc.receiver_mobile].filter(Boolean).join(" "))}</td>
				<td>${escape(doc.waybill_no || "")}</td>
				<td class="text-right">${format_currency(doc.total_amount)}</td>
				<td class="text-muted text-nowrap">${escape(frappe.datetime.str_to_user(doc.ordered_at) || "")}</td>
			</tr>`
		)
		.join("");
}

function make_table(orders) {
	if (!orders.length) return `<p class="text-muted">${__("No order found.")}</p>`;
	const heads = [
		__("Order"),
		__("Status"),
		__("Shop"),
		__("Platform Order No."),
		__("Buyer Nick"),
		__("Receiver"),
		__("Waybill No."),
		__("Total Amount"),
		__("Ordered At"),
	].map((label) => `<th>${label}</th>`);
	return `<table class="table table-sm table-hover mb-0">
		<thead><tr>${heads.join("")}</tr></thead><tbody>${make_rows(orders)}</tbody></table>`;
}

storegroup_oms.find_order = () => {
	let asked = "";
	const dialog = new frappe.ui.Dialog({
		title: __("Find Order"),
		size: "extra-large",
		fields: [
			{
				fieldname: "text",
				fieldtype: "Data",
				label: __("Number, nick, phone or waybill"),
				description: __("The beginning is enough; of a number the last 5 digits, of a phone the last 4."),
			},
			{ fieldname: "found", fieldtype: "HTML" },
		],
	});
	const show = (html) => dialog.get_field("found").$wrapper.html(html);
	const search = () => {
		const text = (dialog.get_field("text").get_input_value() || "").trim();
		if (text === asked) return;
		asked = text;
		if (text.length < SHORTEST) {
			show("");
			return;
		}
		frappe.xcall("storegroup_oms.api.search.find_orders", { text }).then((orders) => {
			// An answer that a later question has overtaken is not shown.
			if (text === asked) show(make_table(orders || []));
		});
	};
	dialog.get_field("text").$input.on("input", frappe.utils.debounce(search, DELAY_MS));
	dialog.get_field("text").$input.on("keydown", (event) => {
		if (event.key !== "Enter") return;
		event.preventDefault();
		const first = dialog.get_field("found").$wrapper.find("a").first();
		if (first.length) first[0].click();
		else search();
	});
	dialog.$wrapper.on("click", "tbody a", () => dialog.hide());
	dialog.show();
	return dialog;
};

// Frappe names the keys of a combination in this order only.
frappe.ui.keys.add_shortcut({
	shortcut: "shift+ctrl+f",
	action(event) {
		if (!frappe.model.can_read("Order")) return;
		event.preventDefault();
		storegroup_oms.find_order();
	},
	description: __("Find Order"),
	ignore_inputs: true,
});
