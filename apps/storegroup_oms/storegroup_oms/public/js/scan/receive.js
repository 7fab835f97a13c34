import { Station } from "./station";
import { ask } from "./transport";

// Receiving by scanner: new goods into a warehouse, or a transfer that is on the way. Booked at the end, at once.
export class ScanReceive extends Station {
	constructor(wrapper) {
		super(wrapper, __("Scan Receive"));
		this.finish_label = __("Book In");
	}

	async show() {
		const [, kind, name] = frappe.get_route();
		const place = kind && name ? `${kind}/${name}` : "";
		if (place && place === this.place) return this.focus();
		this.reset();
		Object.assign(this, { place, kind, target: name, expected: new Map(), request_id: frappe.utils.get_random(16) });
		if (!place) return this.choose();
		if (kind === "transfer" && !(await this.load_transfer())) return;
		this.open();
	}

	async choose() {
		const places = (await this.attempt(() => ask("GET", "scan.get_places"))) || { warehouses: [], transfers: [] };
		const transfers = places.transfers.map((row) => ({
			label: __("Transfer from {0}", [row.warehouse]),
			detail: `${row.name} · ${row.to_warehouse} · ${__("{0} pieces", [row.total_qty])}`,
			choose: () => frappe.set_route("scan-receive", "transfer", row.name),
		}));
		const warehouses = places.warehouses.map((row) => ({
			label: row.name,
			detail: __("New goods"),
			choose: () => frappe.set_route("scan-receive", "warehouse", row.name),
		}));
		this.offer(__("What comes in?"), [...transfers, ...warehouses], __("No warehouse is open to you."));
	}

	async load_transfer() {
		const transfer = await this.attempt(() => ask("GET", "scan.get_transfer", { name: this.target }));
		if (!transfer) return false;
		this.receipt_count = transfer.receipt_count;
		transfer.rows.forEach((row) => this.expected.set(row.sku, row));
		return true;
	}

	get_store_key() {
		return `scan-receive:${frappe.session.user}:${this.place}`;
	}

	get_extra() {
		return { request_id: this.request_id };
	}

	set_extra(kept) {
		if (kept.request_id) this.request_id = kept.request_id;
	}

	look_up(code) {
		return ask("GET", "scan.find_code", { code });
	}

	async send() {}

	make_expected(item) {
		const row = this.expected.get(item.sku);
		return row ? ` <span class="text-muted">/ ${row.expected}</span>` : "";
	}

	make_progress() {
		const pieces = [...this.items.values()].reduce((sum, item) => sum + item.count, 0);
		return `${this.target} · ${__("{0} pieces", [pieces])}`;
	}

	finish() {
		if (this.codes.length) return this.refuse("", __("Scans wait for the network.")) || this.draw();
		const items = [...this.items.values()].filter((item) => item.count);
		if (!items.length) return this.refuse("", __("Nothing has been scanned.")) || this.draw();
		const lines = items.map((item) => `${frappe.utils.escape_html(item.sku)} × ${item.count}`);
		const fields = [{ fieldname: "summary", fieldtype: "HTML", options: `<p>${lines.join("<br>")}</p>` }];
		if (this.kind === "transfer") {
			fields.push({ fieldname: "is_last", fieldtype: "Check", label: __("Nothing more will come") });
		} else {
			fields.push({ fieldname: "reference", fieldtype: "Data", label: __("Reference No") });
		}
		frappe.prompt(fields, (values) => this.book(items, values), __("Book In"), __("Book In"));
	}

	async book(items, { is_last, reference }) {
		const pieces = Object.fromEntries(items.map((item) => [item.sku, item.count]));
		const work =
			this.kind === "transfer"
				? () =>
						ask("POST", "stock_entries.receive", {
							name: this.target,
							receipt_count: this.receipt_count,
							pieces,
							is_last: cint(is_last),
						}).then(() => this.target)
				: () =>
						ask("POST", "scan.receive_goods", {
							warehouse: this.target,
							pieces,
							request_id: this.request_id,
							reference: reference || "",
						});
		const entry = await this.attempt(work);
		if (!entry) return;
		this.forget();
		frappe.show_alert({ message: __("Booked in: {0}", [entry]), indicator: "green" });
		frappe.set_route("scan-receive");
	}
}
