const CLAIM_COLOURS = {
	Draft: "gray",
	Sent: "blue",
	Accepted: "cyan",
	Rejected: "red",
	Paid: "green",
	Withdrawn: "gray",
};

frappe.listview_settings["Courier Claim"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		return [__(doc.status), CLAIM_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
