frappe.listview_settings["Stock Balance"] = {
	hide_name_column: true,
	add_fields: ["available", "on_hand", "safety_stock"],
	get_indicator(doc) {
		if (doc.available < 0) return [__("Oversold"), "red", "available,<,0"];
		if (!doc.available) return [__("Sold Out"), "orange", "available,=,0"];
		return [__("In Stock"), "green", "available,>,0"];
	},
};
