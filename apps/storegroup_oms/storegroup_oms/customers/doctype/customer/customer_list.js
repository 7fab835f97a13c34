frappe.listview_settings["Customer"] = {
	add_fields: ["is_blocked", "tier", "order_count"],
	get_indicator(doc) {
		if (doc.is_blocked) return [__("Blocked"), "red", "is_blocked,=,1"];
		if (doc.order_count > 1) return [__("Repeat Customer"), "green", "order_count,>,1"];
		return [__("New Customer"), "blue", "order_count,<,2"];
	},
};
