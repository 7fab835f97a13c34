const LISTING_COLOURS = {
	"On Sale": "green",
	"Off Sale": "gray",
	Deleted: "red",
};

frappe.listview_settings["Listing"] = {
	add_fields: ["status", "sku", "wanted_qty", "confirmed_qty", "is_dirty"],
	get_indicator(doc) {
		return [__(doc.status), LISTING_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		sku(value) {
			return value
				? frappe.utils.escape_html(value)
				: `<span class="indicator-pill orange no-indicator-dot">${__("Not Matched")}</span>`;
		},
	},
};
