const CONFIRMATION_COLOURS = { Waiting: "blue", Confirmed: "green", Failed: "red", Cancelled: "gray" };

frappe.listview_settings["Ship Confirmation"] = {
	hide_name_column: true,
	add_fields: ["status", "error_code"],
	get_indicator(doc) {
		const value = doc.status;
		return [__(value), CONFIRMATION_COLOURS[value] || "gray", `status,=,${value}`];
	},
	formatters: {
		confirmed_at: (value) => storegroup_oms.connections.make_moment(value),
	},
	onload(list) {
		list.page.add_actions_menu_item(__("Tell the Platform Again"), () => {
			const names = list.get_checked_items(true);
			frappe
				.call({
					method: "storegroup_oms.api.ship_confirmations.retry",
					args: { names },
					freeze: true,
				})
				.then(({ message }) => {
					frappe.show_alert({
						message: __("{0} of {1} confirmations are sent again", [
							message.again,
							message.asked,
						]),
						indicator: message.again ? "green" : "orange",
					});
					list.clear_checked_items();
					list.refresh();
				});
		});
	},
};
