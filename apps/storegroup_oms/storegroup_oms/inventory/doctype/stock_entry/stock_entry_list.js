const STOCK_ENTRY_COLOURS = {
	Draft: "gray",
	Posted: "green",
	"On the Way": "orange",
	"Partly Received": "yellow",
	Received: "green",
	Reversed: "red",
};

frappe.listview_settings["Stock Entry"] = {
	add_fields: ["status", "has_differences"],
	has_indicator_for_draft: true,
	get_indicator(doc) {
		const colour = doc.has_differences ? "red" : STOCK_ENTRY_COLOURS[doc.status];
		return [__(doc.status), colour || "gray", `status,=,${doc.status}`];
	},
};
