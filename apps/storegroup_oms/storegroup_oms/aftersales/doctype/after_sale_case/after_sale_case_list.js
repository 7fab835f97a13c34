const AFTER_SALE_CASE_COLOURS = {
	Open: "red",
	"Waiting for Buyer": "orange",
	"Waiting for Parcel": "yellow",
	Inspecting: "blue",
	Approved: "cyan",
	Refunded: "green",
	Done: "green",
	Rejected: "gray",
	Cancelled: "gray",
};

frappe.listview_settings["After-sale Case"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		return [__(doc.status), AFTER_SALE_CASE_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	onload(listview) {
		if (!frappe.model.can_write("After-sale Case")) return;
		listview.page.add_action_item(__("Agree to the Refund"), () =>
			storegroup_oms.agree_refunds(listview.get_checked_items(true)).then(() => {
				listview.clear_checked_items();
				listview.refresh();
			})
		);
	},
};
