const WEBHOOK_DELIVERY_COLOURS = { Waiting: "blue", Retry: "orange", Done: "green", Failed: "red" };

frappe.listview_settings["Webhook Delivery"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		return [__(doc.status), WEBHOOK_DELIVERY_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	onload(listview) {
		if (!frappe.model.can_write("Webhook Delivery")) return;
		listview.page.add_action_item(__("Send Again"), () => {
			const names = listview.get_checked_items(true);
			frappe
				.call("storegroup_oms.api.webhooks.send_again", { names })
				.then(() => listview.refresh());
		});
	},
};
