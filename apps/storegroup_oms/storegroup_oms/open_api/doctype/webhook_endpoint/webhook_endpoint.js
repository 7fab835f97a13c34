frappe.ui.form.on("Webhook Endpoint", {
	refresh(frm) {
		frm.add_custom_button(__("New Secret"), () => make_secret(frm));
		if (frm.is_new()) return;
		frm.add_custom_button(__("Deliveries"), () =>
			frappe.set_route("List", "Webhook Delivery", { endpoint: frm.doc.name })
		);
		show_state(frm);
	},
});

function make_secret(frm) {
	const bytes = window.crypto.getRandomValues(new Uint8Array(32));
	const secret = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
	frm.set_value("secret", secret);
	frappe.msgprint({
		title: __("New Secret"),
		message: `${__("Copy it into the other system now; it is not shown again.")}<p><code>${secret}</code></p>`,
	});
}

function show_state(frm) {
	if (!frm.doc.is_enabled) {
		frm.dashboard.set_headline(__("This endpoint is switched off: nothing is written for it."), "red");
	} else if (frm.doc.failing_since) {
		const since = frappe.datetime.str_to_user(frm.doc.failing_since);
		frm.dashboard.set_headline(__("Messages have been failing since {0}.", [since]), "orange");
	}
}
