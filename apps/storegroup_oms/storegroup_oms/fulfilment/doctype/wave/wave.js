frappe.ui.form.on("Wave", {
	refresh(frm) {
		show_progress(frm);
		if (frm.doc.status === "Dissolved") return;
		const call = (method, args) =>
			frappe
				.call({ method: `storegroup_oms.api.waves.${method}`, type: "POST", args, freeze: true })
				.then(({ message }) => message);
		frm.add_custom_button(__("Pick List"), () =>
			frappe
				.call({ method: "storegroup_oms.api.waves.list_parcels", type: "GET", args: { wave: frm.doc.name } })
				.then(({ message }) => storegroup_oms.printing.pick_list(message))
		);
		frm.add_custom_button(__("Parcels"), () =>
			frappe.set_route("List", "Shipment", { wave_no: frm.doc.name })
		);
		if (!frappe.model.can_write("Wave") || frm.doc.status !== "Picking") return;
		frm.add_custom_button(__("Put to Wall"), () => frappe.set_route("put-to-wall", frm.doc.name));
		frm.add_custom_button(__("All Picked"), () =>
			call("mark_picked", { wave: frm.doc.name }).then((done) => {
				storegroup_oms.parcels.show_done(done);
				frm.reload_doc();
			})
		);
		frm.add_custom_button(__("Dissolve"), () =>
			frappe.confirm(__("Free the parcels of this wave?"), () =>
				call("dissolve", { wave: frm.doc.name }).then(() => frm.reload_doc())
			)
		);
	},
});

function show_progress(frm) {
	const progress = (frm.doc.__onload || {}).progress;
	if (!progress || !progress.parcels || frm.doc.status === "Dissolved") return;
	const steps = [
		[__("Printed"), progress.printed],
		[__("Picked"), progress.picked],
		[__("Verified"), progress.verified],
		[__("Shipped"), progress.shipped],
	];
	const text = steps.map(([label, count]) => `${label} ${count}/${progress.parcels}`).join(" · ");
	const stopped = progress.stopped ? ` · <b class="text-danger">${__("Stopped")} ${progress.stopped}</b>` : "";
	frm.dashboard.set_headline(text + stopped);
}
