frappe.query_reports["Batches Near Expiry"] = {
	filters: [
		{ fieldname: "days", label: __("Within Days"), fieldtype: "Int", default: 60 },
		{ fieldname: "warehouse", label: __("Warehouse"), fieldtype: "Link", options: "Warehouse" },
	],
};
