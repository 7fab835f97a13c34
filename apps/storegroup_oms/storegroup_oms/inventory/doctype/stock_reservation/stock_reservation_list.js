const RESERVATION_COLOURS = { Open: "blue", Shipped: "green", Released: "gray" };

frappe.listview_settings["Stock Reservation"] = {
	hide_name_column: true,
	add_fields: ["status", "holder"],
	get_indicator(doc) {
		const label = doc.status === "Open" ? __("Kept") : __(doc.status);
		return [label, RESERVATION_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		// A hold has no order: it says whom it is for.
		order: (value, _df, doc) => frappe.utils.escape_html(value || doc.holder || ""),
		reserved_at: (value) => storegroup_oms.connections.make_moment(value),
	},
};
