const SHOP_COLOURS = {
	Active: "green",
	Paused: "gray",
	"Authorisation Expired": "red",
};

frappe.listview_settings["Shop"] = {
	add_fields: ["status", "failing_since", "token_expires_at"],
	formatters: {
		complete_up_to: (value) => storegroup_oms.connections.make_moment(value),
		token_expires_at: (value) => storegroup_oms.connections.make_moment(value),
	},
	get_indicator(doc) {
		if (doc.status === "Active" && doc.failing_since) {
			return [__("Connection Failing"), "orange", "status,=,Active|failing_since,is,set"];
		}
		return [__(doc.status), SHOP_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	onload(listview) {
		if (frappe.model.can_read("Pull Window")) {
			listview.page.add_inner_button(__("Shop Health"), () => frappe.set_route("shop-health"));
		}
	},
};
