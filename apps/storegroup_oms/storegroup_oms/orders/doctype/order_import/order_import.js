const IMPORT_API = "storegroup_oms.api.order_import";
const IMPORT_RUNNING = ["Checking", "Loading"];

frappe.ui.form.on("Order Import", {
	setup(frm) {
		frappe.realtime.on("order_import_progress", (data) => {
			if (data.name === frm.doc.name) show_progress(frm, data);
		});
	},

	refresh(frm) {
		frm.trigger("show_errors");
		frm.toggle_display(["progress"], IMPORT_RUNNING.includes(frm.doc.status));
		frm.toggle_display("errors_section", Boolean(frm.doc.error_message || frm.doc.rejected_rows));
		frm.toggle_display("mapping_section", false);
		if (frm.is_new()) {
			frm.set_intro(__("Choose the shop, attach the order report and save. Nothing is loaded yet."), "blue");
			return;
		}
		if (IMPORT_RUNNING.includes(frm.doc.status)) {
			frm.disable_save();
			show_progress(frm, { progress: frm.doc.progress });
			return;
		}
		frm.enable_save();
		frm.dashboard.clear_headline();
		add_buttons(frm);
		if (needs_mapping(frm)) show_mapping(frm);
	},

	show_errors(frm) {
		const errors = read_json(frm.doc.sample_errors) || [];
		frm.get_field("errors_html").$wrapper.html(make_error_table(errors));
	},
});

function read_json(value) {
	if (!value) return null;
	return typeof value === "string" ? JSON.parse(value) : value;
}

function add_buttons(frm) {
	frm.add_custom_button(__("Check File"), () => start(frm, "start_check"));
	if (frm.doc.status === "Checked" && frm.doc.orders) {
		frm.add_custom_button(__("Load Orders"), () => confirm_load(frm)).addClass("btn-primary");
	}
	if (frm.doc.file) {
		frm.add_custom_button(__("Choose Columns"), () => show_mapping(frm));
	}
	if (frm.doc.status === "Loaded") {
		frm.add_custom_button(__("Show Orders"), () =>
			frappe.set_route("List", "Order", { order_import: frm.doc.name })
		);
	}
}

function confirm_load(frm) {
	frappe.confirm(
		__("Load {0} orders into {1}? Orders that are here already are not doubled.", [
			cint(frm.doc.orders),
			frappe.utils.escape_html(frm.doc.shop),
		]),
		() => start(frm, "start_load")
	);
}

function start(frm, method) {
	const run = () =>
		frappe
			.call({ method: `${IMPORT_API}.${method}`, type: "POST", args: { name: frm.doc.name } })
			.then(() => frm.reload_doc());
	return frm.is_dirty() ? frm.save().then(run) : run();
}

function show_progress(frm, data) {
	if (data.status && !IMPORT_RUNNING.includes(data.status)) {
		frm.dashboard.hide_progress();
		frm.reload_doc();
		return;
	}
	const percent = Math.min(flt(data.progress), 100);
	const title = frm.doc.status === "Loading" ? __("Loading orders") : __("Checking the file");
	const message = data.message || __("{0} % done", [Math.round(percent)]);
	frm.dashboard.show_progress(title, percent, frappe.utils.escape_html(message));
}

function needs_mapping(frm) {
	return frm.doc.status === "Failed" && !frm.doc.layout;
}

function show_mapping(frm) {
	frappe
		.call({ method: `${IMPORT_API}.get_headings`, type: "GET", args: { name: frm.doc.name } })
		.then(({ message }) => {
			if (!message) return;
			frm.toggle_display("mapping_section", true);
			render_mapping(frm, message);
			frm.scroll_to_field("mapping_html");
		});
}

// fields: [{fieldname, label, reqd}]; suggestion: {fieldname: heading}.
function render_mapping(frm, { headings, suggestion, fields }) {
	const escape = frappe.utils.escape_html;
	const known = Object.assign({}, suggestion, read_json(frm.doc.mapping));
	const rows = fields.map((field) => {
		const options = headings.map((heading) => {
			const selected = known[field.fieldname] === heading ? "selected" : "";
			return `<option value="${escape(heading)}" ${selected}>${escape(heading)}</option>`;
		});
		return `<tr>
			<td>${escape(__(field.label))}${field.reqd ? ' <span class="text-danger">*</span>' : ""}</td>
			<td><select class="form-control input-xs" data-field="${escape(field.fieldname)}">
				<option value=""></option>${options.join("")}
			</select></td>
		</tr>`;
	});
	const wrapper = frm.get_field("mapping_html").$wrapper.html(`
		<p>${__("Say which column of the file holds what. The shop remembers it for the next file.")}</p>
		<table class="table table-bordered table-sm">
			<thead><tr><th>${__("Our Field")}</th><th>${__("Column of the File")}</th></tr></thead>
			<tbody>${rows.join("")}</tbody>
		</table>
		<button type="button" class="btn btn-primary btn-sm save-mapping">${__("Save and Check")}</button>
	`);
	wrapper.find(".save-mapping").on("click", () => save_mapping(frm, wrapper, fields));
}

function save_mapping(frm, wrapper, fields) {
	const mapping = {};
	wrapper.find("select").each((index, select) => {
		if (select.value) mapping[select.dataset.field] = select.value;
	});
	const missing = fields.filter((field) => field.reqd && !mapping[field.fieldname]);
	if (missing.length) {
		frappe.msgprint({
			title: __("Columns Missing"),
			message: __("Choose a column for: {0}", [missing.map((field) => __(field.label)).join(", ")]),
			indicator: "orange",
		});
		return;
	}
	frappe
		.call({
			method: `${IMPORT_API}.save_mapping`,
			type: "POST",
			args: { name: frm.doc.name, mapping: JSON.stringify(mapping) },
		})
		.then(() => frm.reload_doc())
		.then(() => start(frm, "start_check"));
}

// errors: [{row, column, value, reason}], the first ones of the file.
function make_error_table(errors) {
	if (!errors.length) return "";
	const escape = (value) => frappe.utils.escape_html(String(value ?? ""));
	const rows = errors.map(
		(error) => `<tr>
			<td class="text-right">${escape(error.row)}</td>
			<td>${escape(error.column)}</td>
			<td>${escape(error.value)}</td>
			<td>${escape(error.reason)}</td>
		</tr>`
	);
	return `<table class="table table-bordered table-sm">
		<thead><tr>
			<th class="text-right">${__("Row")}</th><th>${__("Column")}</th>
			<th>${__("Value")}</th><th>${__("Reason")}</th>
		</tr></thead>
		<tbody>${rows.join("")}</tbody>
	</table>`;
}
