// Labels and lists of many parcels in one file: what to know before, how far it is, what came of it.
frappe.provide("storegroup_oms.printing");

const CALL = "storegroup_oms.api.printing";
const POLL_MS = 800;
const OPEN = ["Waiting", "Working"];

function name_kind(kind) {
	const words = {
		Labels: __("Labels"),
		"Packing Slips": __("Packing Slips"),
		"Pick List": __("Pick List"),
		Manifest: __("Manifest"),
	};
	return words[kind];
}

function call(method, args, type = "POST") {
	return frappe.call({ method: `${CALL}.${method}`, type, args }).then(({ message }) => message);
}

function escape(text) {
	return frappe.utils.escape_html(text || "");
}

function make_table(title, rows) {
	if (!rows.length) return "";
	const lines = rows.map(
		({ shipment, remark }) =>
			`<tr><td class="text-nowrap"><a href="/app/shipment/${encodeURIComponent(shipment)}" target="_blank">
			${escape(shipment)}</a></td><td>${escape(remark)}</td></tr>`
	);
	return `<h6 class="mt-3">${escape(title)}</h6>
		<table class="table table-sm mb-0"><tbody>${lines.join("")}</tbody></table>`;
}

function make_bar(found) {
	const done = found.printed + found.refused;
	const share = found.total ? Math.round((100 * done) / found.total) : 0;
	const text = OPEN.includes(found.status)
		? done < found.total
			? __("{0} of {1} parcels", [done, found.total])
			: __("Making the file…")
		: __("Printed: {0}. Refused: {1}. Pages: {2}.", [found.printed, found.refused, found.pages || 0]);
	const colour = found.status === "Failed" ? "bg-danger" : found.refused ? "bg-warning" : "bg-success";
	const bar = OPEN.includes(found.status) ? "" : colour;
	return `<div class="progress mb-2"><div class="progress-bar ${bar}" role="progressbar" aria-valuenow="${share}"
		style="width: ${share}%"></div></div><p aria-live="polite" class="mb-0">${escape(text)}</p>`;
}

// The browser's own print dialog for a file of this site.
function print_file(address) {
	const frame = document.createElement("iframe");
	frame.style.display = "none";
	frame.src = address;
	frame.onload = () => {
		frame.contentWindow.focus();
		frame.contentWindow.print();
	};
	document.body.appendChild(frame);
}

// Shows a batch until it is finished; resolves when the dialog is closed.
storegroup_oms.printing.follow = (found) =>
	new Promise((resolve) => {
		const batch = found.batch;
		const dialog = new frappe.ui.Dialog({
			title: `${name_kind(found.kind)} · ${batch}`,
			fields: [{ fieldname: "progress", fieldtype: "HTML" }],
			on_hide() {
				clearInterval(timer);
				frappe.realtime.off("print_progress", hear);
				resolve(found);
			},
		});
		dialog.$wrapper.addClass("print-batch-dialog").attr("data-batch", batch);
		const show = (state) => {
			found = { ...found, ...state };
			const error = found.error ? `<p class="text-danger mt-2">${escape(found.error)}</p>` : "";
			dialog.fields_dict.progress.$wrapper.html(
				make_bar(found) +
					error +
					make_table(__("Not Printed"), found.left || []) +
					make_table(__("To Look At"), found.remarks || [])
			);
			dialog.$wrapper.attr("data-status", found.status);
		};
		const finish = (state) => {
			clearInterval(timer);
			show(state);
			add_buttons(dialog, found);
		};
		const look = () =>
			call("get_progress", { batch }, "GET").then((state) =>
				OPEN.includes(state.status) ? show(state) : finish(state)
			);
		const hear = (state) => {
			if (state.batch !== batch) return;
			if (OPEN.includes(state.status)) show(state);
			else look();
		};
		const timer = setInterval(() => dialog.display && OPEN.includes(found.status) && look(), POLL_MS);
		frappe.realtime.on("print_progress", hear);
		dialog.show();
		show(found);
		if (!OPEN.includes(found.status)) finish(found);
	});

function add_buttons(dialog, found) {
	if (dialog.has_buttons) return;
	dialog.has_buttons = true;
	if (found.status === "Failed") {
		dialog.set_primary_action(__("Try Again"), () => {
			dialog.hide();
			call("try_again", { batch: found.batch }).then(storegroup_oms.printing.follow);
		});
		return;
	}
	if (!found.file) return;
	dialog.set_primary_action(__("Print"), () => print_file(found.file));
	dialog.add_custom_action(__("Open File"), () => window.open(found.file, "_blank"), "open-file");
	if (found.kind === "Labels" && found.shipments.length) {
		dialog.add_custom_action(
			__("Ship These {0} Parcels", [found.shipments.length]),
			() => {
				dialog.hide();
				storegroup_oms.parcels
					.take_step("ship", found.shipments)
					.then(() => cur_list?.doctype && frappe.get_route()[0] === "List" && cur_list.refresh());
			},
			"ship-these"
		);
	}
}

function start(kind, shipments, values = {}) {
	const args = { kind, shipments, key: values.key || frappe.utils.get_random(20), ...values };
	return call("start", args).then(storegroup_oms.printing.follow);
}

function make_fields(known) {
	const words = [__("Labels: {0}.", [known.total])];
	if (known.without_courier) words.push(__("Without a courier: {0}.", [known.without_courier]));
	if (known.stopped) words.push(__("Stopped, will be left out: {0}.", [known.stopped]));
	const chosen = localStorage.getItem("storegroup_oms.label_layout");
	const names = known.layouts.map(({ name }) => name);
	const fields = [
		{ fieldname: "known", fieldtype: "HTML", options: `<p>${escape(words.join(" "))}</p>` },
		{
			fieldname: "layout",
			fieldtype: "Select",
			label: __("Label Layout"),
			options: names,
			default: names.includes(chosen) ? chosen : known.layout,
		},
	];
	if (known.printed) {
		fields.push({
			fieldname: "reason",
			fieldtype: "Small Text",
			label: __("Why Are They Printed Again?"),
			description: __(
				"{0} of them have been printed before. Without a reason only the others are printed.",
				[known.printed]
			),
			reqd: known.printed === known.total,
		});
	}
	return fields;
}

storegroup_oms.printing.labels = (shipments) =>
	call("prepare", { shipments }).then(
		(known) =>
			new Promise((resolve) => {
				// One key for one dialog: a second click is the same batch.
				const key = frappe.utils.get_random(20);
				const dialog = new frappe.ui.Dialog({
					title: __("Print Labels"),
					fields: make_fields(known),
					primary_action_label: __("Print Labels"),
					primary_action({ layout, reason }) {
						dialog.disable_primary_action();
						if (layout) localStorage.setItem("storegroup_oms.label_layout", layout);
						start("Labels", shipments, { key, layout, reason: reason || "" }).then(resolve);
						dialog.hide();
					},
				});
				dialog.show();
				dialog.get_primary_btn().trigger("focus");
			})
	);

storegroup_oms.printing.slips = (shipments) => start("Packing Slips", shipments);
storegroup_oms.printing.pick_list = (shipments) => start("Pick List", shipments);
storegroup_oms.printing.manifest = (shipments) => start("Manifest", shipments);
