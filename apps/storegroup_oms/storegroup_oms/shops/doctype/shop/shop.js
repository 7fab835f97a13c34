frappe.ui.form.on("Shop", {
	setup(frm) {
		frm.set_query("default_warehouse", () => ({ filters: { is_active: 1 } }));
		frm.set_query("default_courier", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		show_health(frm);
		add_connection_buttons(frm);
		frm.add_custom_button(__("Orders"), () =>
			frappe.set_route("List", "Order", { shop: frm.doc.name })
		);
		if (frappe.model.can_create("Order Import")) {
			frm.add_custom_button(__("Import Order File"), () =>
				frappe.new_doc("Order Import", { shop: frm.doc.name })
			);
		}
	},
});

function add_connection_buttons(frm) {
	if (frm.doc.platform === "Manual" || !frappe.model.can_read("Pull Window")) return;
	const { connections } = storegroup_oms;
	const shop = frm.doc.name;
	if (frappe.model.can_write("Shop")) {
		frm.add_custom_button(__("Test Connection"), () => connections.test_connection(frm));
	}
	if (!frm.doc.app_key) return;
	frm.add_custom_button(__("Sync Now"), () => {
		frm.dashboard.show_progress(__("Fetching Orders"), 1, __("Waiting for a worker …"));
		connections.start("sync_now", { shop });
	});
	const group = __("Fetch Again");
	frm.add_custom_button(__("By Number …"), () => connections.fetch_by_number(shop), group);
	frm.add_custom_button(__("Time Span …"), () => connections.fetch_by_span(shop), group);
	frm.add_custom_button(__("Everything …"), () => connections.fetch_everything(shop), group);
	frm.add_custom_button(__("Shop Health"), () => frappe.set_route("shop-health"));
}

function show_health(frm) {
	if (frm.doc.platform === "Manual") return;
	if (!frm.doc.app_key) {
		frm.dashboard.set_headline(
			__("Not connected yet: enter the app key, the secret and the tokens, save, then test the connection."),
			"blue"
		);
		return;
	}
	show_failure(frm);
	show_token_end(frm);
	if (frm.doc.complete_up_to) {
		const upto = frappe.datetime.str_to_user(frm.doc.complete_up_to);
		const age = moment(frappe.datetime.now_datetime()).diff(moment(frm.doc.complete_up_to), "minutes");
		frm.dashboard.add_indicator(__("Complete up to {0}", [upto]), age > 10 ? "orange" : "green");
	}
	if (frm.doc.push_delay_ms) {
		const delay = (frm.doc.push_delay_ms / 1000).toFixed(1);
		frm.dashboard.add_indicator(
			__("Push took {0} s", [delay]),
			frm.doc.push_delay_ms > 5000 ? "orange" : "green"
		);
	}
	show_quarantine(frm);
}

function show_failure(frm) {
	const error = frappe.utils.escape_html(frm.doc.last_error || "");
	if (frm.doc.status === "Authorisation Expired") {
		const advice = __(
			"The platform no longer accepts this shop's authorisation. Authorise the shop again, enter the new tokens, save, then test the connection."
		);
		frm.dashboard.set_headline(`${advice} <span class="text-muted">${error}</span>`, "red");
	} else if (frm.doc.failing_since) {
		const since = frappe.datetime.str_to_user(frm.doc.failing_since);
		const what = __("The connection has been failing since {0}.", [since]);
		frm.dashboard.set_headline(`${what} ${error}`, "orange");
	}
}

function show_token_end(frm) {
	if (!frm.doc.token_expires_at || frm.doc.status === "Authorisation Expired") return;
	const hours = moment(frm.doc.token_expires_at).diff(moment(frappe.datetime.now_datetime()), "hours", true);
	if (hours < 0) {
		frm.dashboard.add_indicator(__("Authorisation has ended"), "red");
	} else if (frm.doc.refresh_token) {
		frm.dashboard.add_indicator(__("Authorisation renews itself"), "green");
	} else {
		const colour = hours < 24 ? "red" : hours < 72 ? "orange" : "green";
		frm.dashboard.add_indicator(__("Authorisation ends in {0} days", [Math.floor(hours / 24)]), colour);
	}
}

function show_quarantine(frm) {
	if (!frappe.model.can_read("Quarantined Order")) return;
	const shop = frm.doc.name;
	frappe.db.count("Quarantined Order", { filters: { shop, status: "Waiting" } }).then((count) => {
		if (!count || frm.doc.name !== shop) return;
		frm.dashboard
			.add_indicator(__("{0} orders in quarantine", [count]), "orange")
			.css("cursor", "pointer")
			.on("click", () => frappe.set_route("List", "Quarantined Order", { shop, status: "Waiting" }));
	});
}
