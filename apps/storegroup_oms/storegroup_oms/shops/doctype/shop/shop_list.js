const SHOP_COLOURS = {
	Active: "green",
	Paused: "gray",
	"Authorisation Expired": "red",
};

frappe.listview_settings["Shop"] = {
	add_fields: ["status", "failing_since", "token_expires_at"],
	get_indicator(doc) {
		if (doc.status === "Active" && doc.failing_since) {
			return [__("Connection Failing"), "orange", "status,=,Active|failing_since,is,set"];
		}
		return [__(doc.status), SHOP_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
