frappe.listview_settings["Gift Grant"] = {
	hide_name_column: true,
	get_indicator(doc) {
		const status = doc.status;
		return [__(status), { Given: "green", "Taken Off": "gray" }[status], `status,=,${status}`];
	},
	formatters: {
		reason: (value) =>
			frappe.utils.escape_html(
				{
					removed: __("A person took the line away."),
					order_closed: __("The order is closed."),
					earned_no_more: __("The order no longer earns it."),
					stock_gone: __("Its stock is gone."),
					goods_changed: __("The goods are reserved anew."),
				}[value] || ""
			),
	},
};
