const SHIPMENT_COLOURS = {
	"To Print": "cyan",
	Printed: "purple",
	Picked: "purple",
	Verified: "yellow",
	Shipped: "blue",
	"In Transit": "blue",
	"Out for Delivery": "light-blue",
	Delivered: "green",
	Returned: "orange",
	Cancelled: "gray",
};

frappe.listview_settings["Shipment"] = {
	add_fields: ["status", "exception", "stop_reasons"],
	get_indicator(doc) {
		return [__(doc.status), SHIPMENT_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		exception(value) {
			return value
				? `<span class="indicator-pill red no-indicator-dot">${__(value)}</span>`
				: "";
		},
	},
};
