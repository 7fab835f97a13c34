frappe.query_reports["Purchase Suggestions"] = {
	filters: [
		{
			fieldname: "days",
			label: __("Sales of the Last Days"),
			fieldtype: "Select",
			options: [7, 14, 30, 60, 90].map((value) => ({ value, label: __("Sales of {0} Days", [value]) })),
			default: 30,
		},
		{
			fieldname: "cover_days",
			label: __("Days to Cover"),
			fieldtype: "Select",
			options: [7, 14, 21, 30, 45, 60, 90].map((value) => ({ value, label: __("Buy for {0} Days", [value]) })),
			default: 14,
		},
		{ fieldname: "warehouse", label: __("Warehouse"), fieldtype: "Link", options: "Warehouse" },
		{ fieldname: "category", label: __("Category"), fieldtype: "Data" },
		{ fieldname: "only_needed", label: __("Only What Is Needed"), fieldtype: "Check", default: 1 },
	],

	get_datatable_options: (options) => Object.assign(options, { checkboxColumn: true }),

	onload(report) {
		report.page.add_inner_button(__("Make Receipt"), () => make_receipt(report));
	},
};

function make_receipt(report) {
	const chosen = report.datatable.rowmanager
		.getCheckedRows()
		.map((index) => report.data[index])
		.filter((row) => row && row.suggested > 0);
	if (!chosen.length) {
		frappe.msgprint(__("Tick the rows to buy."));
		return;
	}
	frappe.model.with_doctype("Stock Entry", () => {
		const doc = frappe.model.get_new_doc("Stock Entry");
		Object.assign(doc, {
			kind: "Receipt",
			reason_code: "Purchase",
			warehouse: report.get_filter_value("warehouse") || "",
		});
		chosen.forEach((row) => {
			const item = frappe.model.add_child(doc, "items");
			const { sku, sku_name, unit_cost } = row;
			Object.assign(item, { sku, sku_name, unit_cost, qty: row.suggested });
		});
		frappe.set_route("Form", "Stock Entry", doc.name);
	});
}
