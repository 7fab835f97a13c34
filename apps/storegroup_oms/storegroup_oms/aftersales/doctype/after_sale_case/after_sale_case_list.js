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
};
