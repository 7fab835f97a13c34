const STOCK_COUNT_COLOURS = {
	Draft: "gray",
	Counting: "blue",
	"To Approve": "orange",
	Posting: "yellow",
	Posted: "green",
	"Given Up": "gray",
};

frappe.listview_settings["Stock Count"] = {
	add_fields: ["status"],
	has_indicator_for_draft: true,
	get_indicator(doc) {
		return [__(doc.status), STOCK_COUNT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
