import { Station } from "./station";
import { ask, RefusedError } from "./transport";

// Counting by scanner. Each scan sends how many pieces of its SKU this person has found so far.
export class ScanCount extends Station {
	constructor(wrapper) {
		super(wrapper, __("Scan Count"));
		this.finish_label = __("Other Count");
	}

	async show() {
		const count = frappe.get_route()[1];
		if (count && count === this.count) return this.focus();
		this.reset();
		this.count = count;
		if (count) return this.open();
		const counts = await this.attempt(() => ask("GET", "scan.get_open_counts"));
		this.offer(
			__("Which count?"),
			(counts || []).map((row) => ({
				label: row.warehouse,
				detail: [row.name, row.note].filter(Boolean).join(" · "),
				choose: () => frappe.set_route("scan-count", row.name),
			})),
			__("No count is open. Start one on the form Stock Count.")
		);
	}

	get_store_key() {
		return `scan-count:${frappe.session.user}:${this.count}`;
	}

	// What the server has is asked for again: it may be another round by now.
	restore() {
		super.restore();
		[...this.items.values()].forEach((item) => item.is_changed || this.items.delete(item.sku));
	}

	look_up(code) {
		return ask("GET", "scan.find_in_count", { count: this.count, code });
	}

	async send() {
		for (const item of this.items.values()) {
			if (!item.is_changed) continue;
			const pieces = item.count;
			try {
				const answer = await ask("POST", "scan.set_tally", { count: this.count, sku: item.sku, pieces });
				this.progress = answer;
				item.total = answer.total;
			} catch (error) {
				if (!(error instanceof RefusedError)) throw error;
				this.items.delete(item.sku);
				this.refuse(item.sku, frappe.utils.escape_html(error.message));
				this.keep();
				continue;
			}
			// More may have been scanned meanwhile.
			if (item.count === pieces) item.is_changed = false;
			this.keep();
		}
	}

	make_progress() {
		if (!this.progress) return this.count;
		return `${this.count} · ${__("{0} of {1} SKUs counted", [this.progress.counted, this.progress.lines])}`;
	}

	make_expected(item) {
		if (item.is_changed) return ' <span class="text-muted">…</span>';
		// Others count as well.
		return item.total > item.count ? ` <span class="text-muted">/ ${item.total}</span>` : "";
	}

	finish() {
		frappe.set_route("scan-count");
	}
}
