frappe.listview_settings["Waybill Account"] = {
	add_fields: ["is_active", "failing_since"],
	get_indicator(doc) {
		if (!doc.is_active) return [__("Inactive"), "gray", "is_active,=,0"];
		return doc.failing_since
			? [__("Failing"), "red", "failing_since,is,set"]
			: [__("Active"), "green", "is_active,=,1"];
	},
};
