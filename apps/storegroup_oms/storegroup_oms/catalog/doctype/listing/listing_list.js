const LISTING_COLOURS = {
	"On Sale": "green",
	"Off Sale": "gray",
	Deleted: "red",
};

frappe.listview_settings["Listing"] = {
	hide_name_column: true,
	add_fields: ["status", "sku", "is_dirty", "stock_stopped", "differs_since", "push_attempts"],
	get_indicator(doc) {
		if (doc.stock_stopped) return [__("Selling Stopped"), "red", "stock_stopped,=,1"];
		if (doc.differs_since) return [__("Stock Differs"), "orange", "differs_since,is,set"];
		if (doc.is_dirty && doc.push_attempts) return [__("Push Failed"), "orange", "push_attempts,>,0"];
		return [__(doc.status), LISTING_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	onload(listview) {
		if (!frappe.model.can_write("Listing")) return;
		listview.page.add_action_item(__("Match by Code"), () => match_by_code(listview));
		listview.page.add_action_item(__("Push Stock Now"), () => push_now(listview));
		listview.page.add_action_item(__("Stop Selling"), () => stop(listview, true));
		listview.page.add_action_item(__("Sell Again"), () => stop(listview, false));
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

function push_now(listview) {
	send(listview, "push_now", {}).then(({ message }) => {
		frappe.show_alert({
			message: __("{0} of {1} listings are being pushed", [message.pushed, message.asked]),
			indicator: message.pushed ? "green" : "orange",
		});
	});
}

function stop(listview, stopped) {
	send(listview, "stop_listings", { stopped }).then(({ message }) => {
		const text = stopped ? __("{0} listings stopped", [message.changed]) : __("{0} listings sell again", [message.changed]);
		frappe.show_alert({ message: text, indicator: "green" });
	});
}

function send(listview, method, args) {
	return frappe
		.call({
			method: `storegroup_oms.api.stock_push.${method}`,
			type: "POST",
			args: { names: JSON.stringify(listview.get_checked_items(true)), ...args },
			freeze: true,
		})
		.then((answer) => {
			listview.clear_checked_items();
			listview.refresh();
			return answer;
		});
}
