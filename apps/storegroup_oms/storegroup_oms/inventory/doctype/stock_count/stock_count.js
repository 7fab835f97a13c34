const COUNT_API = "storegroup_oms.api.stock_counts";
const COUNT_PAGE = 50;

frappe.ui.form.on("Stock Count", {
	setup(frm) {
		frm.set_query("warehouse", () => ({ filters: { is_active: 1 } }));
		frappe.realtime.on("stock_count_progress", (data) => {
			if (data.name === frm.doc.name) show_posting(frm, data.progress);
		});
	},

	refresh(frm) {
		// Posting is more than submitting: its button does both.
		if (frm.is_new()) return;
		if (!frm.is_dirty()) frm.page.clear_primary_action();
		frm.page.clear_secondary_action();
		frm.dashboard.clear_comment();
		const is_draft = frm.doc.status === "Draft";
		["scope", "is_blind"].forEach((field) => frm.set_df_property(field, "read_only", is_draft ? 0 : 1));
		add_count_buttons(frm);
		if (frm.doc.status === "Posting") show_posting(frm, 0);
		if (frm.doc.error_message) frm.set_intro(frm.doc.error_message, "red");
		if (frm.doc.status !== "Draft") show_lines(frm);
	},
});

function call_count(frm, method, args = {}) {
	return frappe
		.call({ method: `${COUNT_API}.${method}`, type: "POST", args: { name: frm.doc.name, ...args }, freeze: true })
		.then(({ message }) => frm.reload_doc().then(() => message));
}

function add_count_buttons(frm) {
	const add = (label, action, group) => frm.add_custom_button(label, action, group);
	const status = frm.doc.status;
	if (status === "Draft") {
		add(__("Start Counting"), () => call_count(frm, "start")).addClass("btn-primary");
	}
	if (status === "Counting") {
		add(__("Scan"), () => frappe.set_route("scan-count", frm.doc.name));
		add(__("Upload Sheet"), () => upload_sheet(frm));
		add(__("Finish Counting"), () => finish_count(frm)).addClass("btn-primary");
	}
	if (status === "To Approve") {
		add(__("Count Differences Again"), () => call_count(frm, "count_again"));
		add(__("Approve and Post"), () =>
			frappe.confirm(__("Post the differences of {0} to the ledger?", [frm.doc.name]), () => call_count(frm, "post"))
		).addClass("btn-primary");
	}
	if (["Counting", "To Approve"].includes(status)) {
		add(__("Give Up"), () =>
			frappe.confirm(__("Give up count {0}? Stock stays as it is.", [frm.doc.name]), () =>
				call_count(frm, "give_up")
			)
		);
	}
	if (status === "Posted") {
		add(__("Stock Ledger"), () => frappe.set_route("List", "Stock Ledger", { source_name: frm.doc.name }));
	}
}

function finish_count(frm) {
	frappe.prompt(
		{
			fieldname: "missing_is_zero",
			fieldtype: "Check",
			label: __("What nobody counted is not there"),
			description: __("Off: lines without a count are left out and stay as they are."),
		},
		({ missing_is_zero }) => call_count(frm, "finish", { missing_is_zero: cint(missing_is_zero) }),
		__("Finish Counting"),
		__("Finish Counting")
	);
}

function upload_sheet(frm) {
	new frappe.ui.FileUploader({
		doctype: frm.doctype,
		docname: frm.docname,
		restrictions: { allowed_file_types: [".csv", ".xlsx"] },
		allow_multiple: false,
		make_attachments_public: false,
		on_success: (file) =>
			call_count(frm, "load_sheet", { file: file.file_url }).then((rows) =>
				frappe.show_alert({ message: __("{0} rows taken over", [rows]), indicator: "green" })
			),
	});
}

function show_posting(frm, percent) {
	if (percent >= 100) {
		frm.dashboard.hide_progress();
		frm.reload_doc();
		return;
	}
	frm.dashboard.show_progress(__("Posting the differences"), percent, __("{0} % done", [percent]));
}

// The lines, page by page: what they show of the book is for the server to decide.
function show_lines(frm) {
	const view = (frm.count_view = frm.count_view || { show: "All", text: "", first: 0 });
	const wrapper = frm.get_field("lines_html").$wrapper;
	const name = frm.doc.name;
	frappe.call({ method: `${COUNT_API}.get_lines`, type: "GET", args: { name, ...view } }).then(({ message }) => {
		if (frm.doc.name !== name) return;
		const typing = get_typing(wrapper);
		wrapper.html(make_line_table(frm, message, view));
		bind_lines(frm, wrapper, view);
		if (!typing) return;
		const input = wrapper.find("input[data-sku]").filter((_, { dataset }) => dataset.sku === typing.sku);
		if (typing.value !== undefined) input.val(typing.value);
		input.trigger("focus").trigger("select");
	});
}

// Which line a person has gone on to meanwhile, and what they have typed there since; undefined where none.
function get_typing(wrapper) {
	const input = document.activeElement;
	if (!wrapper[0].contains(input) || !input.dataset.sku) return undefined;
	return { sku: input.dataset.sku, value: input.value === input.defaultValue ? undefined : input.value };
}

function bind_lines(frm, wrapper, view) {
	const change = (values) => {
		Object.assign(view, { first: 0 }, values);
		show_lines(frm);
	};
	wrapper.find("[data-show]").on("click", (event) => change({ show: event.currentTarget.dataset.show }));
	wrapper.find("[data-first]").on("click", (event) => change({ first: cint(event.currentTarget.dataset.first) }));
	wrapper.find(".count-search").on("change", (event) => change({ text: event.target.value }));
	wrapper.find("input[data-sku]").on("change", ({ target }) => {
		const args = { name: frm.doc.name, sku: target.dataset.sku, pieces: target.value };
		const settle = () => {
			// What was refused doesn't stay as if it counted.
			target.value = target.defaultValue;
			return show_lines(frm);
		};
		frappe.call({ method: `${COUNT_API}.set_pieces`, type: "POST", args }).then(settle, settle);
	});
}

function make_line_table(frm, { rows, lines, counted, sees_book }, view) {
	const escape = (value) => frappe.utils.escape_html(String(value ?? ""));
	const shows = [
		["All", __("All")],
		["To Count", __("To Count")],
		["Counted", __("Counted")],
		...(sees_book ? [["Differences", __("Differences")]] : []),
	];
	const tabs = shows
		.map(([show, label]) => {
			const look = show === view.show ? "btn-primary" : "btn-default";
			return `<button type="button" class="btn btn-xs ${look}" data-show="${show}">${label}</button>`;
		})
		.join(" ");
	const is_open = frm.doc.status === "Counting";
	const make_input = (row) => {
		const value = ["Counted", "Posted"].includes(row.status) ? row.counted_qty : "";
		if (!is_open) return escape(value);
		return `<input type="number" min="0" step="1" class="form-control input-xs text-right ml-auto" style="width: 6rem"
			data-sku="${escape(row.sku)}" value="${escape(value)}" aria-label="${escape(row.sku)}">`;
	};
	const body = rows.map(
		(row) => `<tr>
			<td>${escape(row.bin_location)}</td>
			<td>${escape(row.sku)}<div class="text-muted small">${escape(row.sku_name)} ${escape(row.specification)}</div></td>
			<td class="text-right">${make_input(row)}</td>
			${sees_book ? make_book_cells(row) : ""}
			<td>${__(row.status)} ${row.has_moved ? `<span class="text-warning">${__("Moved While Counted")}</span>` : ""}</td>
		</tr>`
	);
	const book_heads = sees_book
		? `<th class="text-right">${__("Book")}</th><th class="text-right">${__("Difference")}</th>`
		: "";
	return `
		<div class="flex justify-between align-center" style="gap: 8px; flex-wrap: wrap; margin-bottom: 8px">
			<div>${tabs}</div>
			<div class="text-muted">${__("{0} of {1} SKUs counted", [counted, lines])}</div>
			<input type="search" class="form-control input-xs count-search" style="width: 14rem"
				placeholder="${__("SKU, name or barcode")}" value="${escape(view.text)}">
		</div>
		<table class="table table-bordered table-sm">
			<thead><tr>
				<th>${__("Bin Location")}</th><th>${__("SKU")}</th><th class="text-right">${__("Counted")}</th>
				${book_heads}<th>${__("Status")}</th>
			</tr></thead>
			<tbody>${body.join("") || `<tr><td colspan="6" class="text-muted">${__("No lines.")}</td></tr>`}</tbody>
		</table>
		${make_pager(rows, view)}`;
}

function make_book_cells(row) {
	const difference = row.difference;
	const colour = difference ? (difference < 0 ? "text-danger" : "text-warning") : "";
	const text = difference == null ? "" : difference > 0 ? `+${difference}` : difference;
	return `<td class="text-right">${cint(row.book_qty)}</td><td class="text-right ${colour}">${text}</td>`;
}

function make_pager(rows, view) {
	const make = (first, label) =>
		`<button type="button" class="btn btn-xs btn-default" data-first="${first}">${label}</button>`;
	const before = view.first > 0 ? make(Math.max(view.first - COUNT_PAGE, 0), __("Previous Page")) : "";
	const after = rows.length === COUNT_PAGE ? make(view.first + COUNT_PAGE, __("Next Page")) : "";
	return `<div>${before} ${after}</div>`;
}
