frappe.ui.form.on("Quarantined Order", {
	setup(frm) {
		frm.get_docfield("reason_code").formatter = (code) =>
			code ? frappe.utils.escape_html(__(frappe.unscrub(code))) : "";
		frm.get_docfield("advice").formatter = (meaning) =>
			meaning ? frappe.utils.escape_html(__(meaning)) : "";
		frm.get_docfield("payload").formatter = storegroup_oms.connections.make_json;
	},

	refresh(frm) {
		frm.disable_save();
		show_outcome(frm);
		frm.page.clear_primary_action();
		if (frm.doc.order) {
			frm.add_custom_button(__("Open Order"), () => frappe.set_route("Form", "Order", frm.doc.order));
		}
		if (frm.doc.status !== "Resolved" && frappe.model.can_write("Quarantined Order")) {
			add_actions(frm);
		}
		frm.add_custom_button(__("Next Waiting"), () => open_next(frm));
		add_shortcut(frm, "n", __("Next order in quarantine"), () => open_next(frm));
	},
});

function add_actions(frm) {
	const { connections } = storegroup_oms;
	const name = frm.doc.name;
	const run_replay = () =>
		connections.replay([name]).then((answer) => (answer && answer.resolved ? open_next(frm) : frm.reload_doc()));
	const run_dismiss = () => connections.dismiss([name]).then(() => open_next(frm));
	frm.page.set_primary_action(__("Replay"), run_replay);
	add_shortcut(frm, "r", __("Replay this order"), run_replay);
	if (frm.doc.status === "Waiting") frm.add_custom_button(__("Give Up"), run_dismiss);
}

function add_shortcut(frm, shortcut, description, action) {
	frappe.ui.keys.add_shortcut({ shortcut, description, action, page: frm.page });
}

function show_outcome(frm) {
	const meaning = frm.doc.advice || "";
	const escape = frappe.utils.escape_html;
	if (frm.doc.status === "Waiting") {
		const place = [frm.doc.path, frm.doc.value].filter(Boolean).map(escape).join(" = ");
		const where = place ? ` <code>${place}</code>` : "";
		frm.dashboard.set_headline(`${meaning ? escape(__(meaning)) : ""}${where}`, "orange");
	} else if (frm.doc.status === "Dismissed") {
		const reason = escape(frm.doc.dismiss_reason || "");
		frm.dashboard.set_headline(__("Given up by {0}: {1}", [escape(frm.doc.resolved_by || ""), reason]), "gray");
	} else {
		const time = frappe.datetime.str_to_user(frm.doc.resolved_at);
		frm.dashboard.set_headline(__("The order came through at {0}.", [time]), "green");
	}
}

// The one that waits longest after this one; the list when there is none.
function open_next(frm) {
	frappe.db
		.get_list("Quarantined Order", {
			filters: { status: "Waiting", name: ["!=", frm.doc.name] },
			fields: ["name"],
			order_by: "first_seen_at asc",
			limit: 1,
		})
		.then((rows) => {
			if (rows.length) {
				frappe.set_route("Form", "Quarantined Order", rows[0].name);
			} else {
				frappe.show_alert({ message: __("Nothing else waits in quarantine."), indicator: "green" });
				frappe.set_route("List", "Quarantined Order", { status: "Waiting" });
			}
		});
}
