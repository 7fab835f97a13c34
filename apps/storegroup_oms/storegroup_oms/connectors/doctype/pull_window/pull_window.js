const ADVICE = {
	Open: ["blue", __("Waits for its turn.")],
	Running: ["yellow", __("Is being fetched now.")],
	Complete: ["green", __("Complete: the platform's count and the orders that were read agree.")],
	Incomplete: ["orange", __("Not complete yet. It is fetched again by itself at the time named below.")],
	Failed: ["red", __("Given up. Fetch it again, or look at what the platform answered.")],
};

frappe.ui.form.on("Pull Window", {
	setup(frm) {
		frm.get_docfield("missing_ids").formatter = make_missing;
	},

	refresh(frm) {
		frm.disable_save();
		const [colour, advice] = ADVICE[frm.doc.status] || ["gray", ""];
		const missing = frm.doc.missing
			? ` ${__("{0} orders are missing.", [frm.doc.missing])}`
			: "";
		const error = frm.doc.error_message ? ` [${frm.doc.error_code || ""}] ${frm.doc.error_message}` : "";
		frm.dashboard.set_headline(`${advice}${missing}${frappe.utils.escape_html(error)}`, colour);
		if (!frappe.model.can_read("Shop")) return;
		frm.add_custom_button(__("Fetch This Span Again"), () =>
			storegroup_oms.connections.start("fetch_window", { name: frm.doc.name }).then(() => frm.reload_doc())
		);
		const numbers = read_missing(frm.doc.missing_ids);
		if (numbers.length) {
			frm.add_custom_button(__("Fetch the Missing Ones"), () =>
				storegroup_oms.connections.start("fetch_orders", {
					shop: frm.doc.shop,
					order_nos: numbers.slice(0, 500).join(" "),
				})
			);
		}
	},
});

function read_missing(text) {
	try {
		return JSON.parse(text || "[]");
	} catch {
		return [];
	}
}

function make_missing(text) {
	return read_missing(text)
		.map((number) => `<span class="oms-pill">${frappe.utils.escape_html(String(number))}</span>`)
		.join(" ");
}
