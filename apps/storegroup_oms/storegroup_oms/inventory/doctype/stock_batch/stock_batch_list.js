const EXPIRES_SOON_DAYS = 30;

frappe.listview_settings["Stock Batch"] = {
	hide_name_column: true,
	add_fields: ["expires_on", "is_blocked"],
	get_indicator(doc) {
		const today = frappe.datetime.get_today();
		const soon = frappe.datetime.add_days(today, EXPIRES_SOON_DAYS);
		if (doc.expires_on < today) return [__("Expired"), "red", `expires_on,<,${today}`];
		if (doc.is_blocked) return [__("Not for Sale"), "red", "is_blocked,=,1"];
		if (doc.expires_on <= soon) return [__("Expires Soon"), "orange", `expires_on,<=,${soon}`];
		return [__("Good"), "green", `expires_on,>,${soon}`];
	},
};
