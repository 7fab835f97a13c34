frappe.query_reports["Batches Near Expiry"] = {
	filters: [
		{
			fieldname: "days",
			label: __("Within Days"),
			fieldtype: "Select",
			options: [0, 7, 15, 30, 60, 90, 180].map((value) => ({
				value,
				label: value ? __("Expires within {0} Days", [value]) : __("Expires Today or Has Expired"),
			})),
			default: 60,
		},
		{ fieldname: "warehouse", label: __("Warehouse"), fieldtype: "Link", options: "Warehouse" },
	],
};
