// Where stock doesn't add up. An administrator repairs chosen rows with a reason; anyone who reads may prove again.
frappe.query_reports["Stock Proof"] = {
	filters: [
		{
			fieldname: "status",
			label: __("Status"),
			fieldtype: "Select",
			options: ["Open", "Repaired", "Gone"],
			default: "Open",
		},
		{ fieldname: "sku", label: __("SKU"), fieldtype: "Link", options: "SKU" },
		{ fieldname: "warehouse", label: __("Warehouse"), fieldtype: "Link", options: "Warehouse" },
	],

	get_datatable_options(options) {
		return Object.assign(options, { checkboxColumn: true });
	},

	onload(report) {
		report.page.add_inner_button(__("Prove Now"), () => prove(report));
		if (frappe.user.has_role(["OMS Administrator", "System Manager"])) {
			report.page.add_inner_button(__("Repair"), () => ask_and_repair(report)).addClass("btn-primary");
		}
	},
};

// One SKU where the filter names one, else all of stock in the background.
function prove(report) {
	const sku = report.get_filter_value("sku");
	return frappe.xcall("storegroup_oms.api.stock.prove_stock", { sku }).then(() => {
		if (sku) {
			report.refresh();
		} else {
			frappe.show_alert(__("Stock is being proven; reload in a few minutes."));
		}
	});
}

function ask_and_repair(report) {
	const chosen = report.datatable?.rowmanager.getCheckedRows() || [];
	const names = chosen.map((index) => report.data[index]?.name).filter(Boolean);
	if (!names.length) {
		frappe.msgprint(__("Tick the rows to repair first."));
		return;
	}
	frappe.prompt(
		{ fieldname: "reason", label: __("Reason for the Repair"), fieldtype: "Data", reqd: 1 },
		({ reason }) =>
			frappe
				.xcall("storegroup_oms.api.stock.repair_stock", { names, reason })
				.then((done) => {
					frappe.show_alert({
						message: __("{0} differences repaired.", [Object.keys(done).length]),
						indicator: "green",
					});
					report.refresh();
				}),
		__("Repair {0} differences", [names.length]),
		__("Repair")
	);
}
