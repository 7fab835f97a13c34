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
	onload(listview) {
		if (!frappe.model.can_write("Listing")) return;
		listview.page.add_action_item(__("Match by Code"), () => match_by_code(listview));
	},
	formatters: {
		sku(value) {
			return value
				? frappe.utils.escape_html(value)
				: `<span class="indicator-pill orange no-indicator-dot">${__("Not Matched")}</span>`;
		},
	},
};

function match_by_code(listview) {
	frappe
		.call({
			method: "storegroup_oms.api.listings.match_by_code",
			type: "POST",
			args: { names: JSON.stringify(listview.get_checked_items(true)) },
			freeze: true,
		})
		.then(({ message }) => {
			frappe.show_alert({
				message: __("{0} of {1} listings matched", [message.matched, message.asked]),
				indicator: message.matched ? "green" : "orange",
			});
			listview.clear_checked_items();
			listview.refresh();
		});
}
