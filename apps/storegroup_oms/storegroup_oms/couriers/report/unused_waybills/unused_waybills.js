frappe.query_reports["Unused Waybills"] = {
	filters: [
		{ fieldname: "hours", label: __("Older Than (Hours)"), fieldtype: "Int", default: 24 },
		{ fieldname: "account", label: __("Waybill Account"), fieldtype: "Link", options: "Waybill Account" },
		{ fieldname: "courier", label: __("Courier"), fieldtype: "Link", options: "Courier" },
	],
};
