import { NoNetworkError, RefusedError } from "./transport";
import { say_bad, say_good } from "./signals";

const RETRY_MS = 4_000;
const escape = (value) => frappe.utils.escape_html(String(value ?? ""));

// A page for a scanner that types: one field that keeps the focus, one SKU shown large, one undo.
// What was scanned is kept on the phone until the server has it, so that neither a dead spot nor a reload loses any.
//
// Subclasses say what a code means (look_up), where to keep things (get_store_key), what is sent after each scan
// (send) and at the end (finish).
export class Station {
	constructor(wrapper, title) {
		this.wrapper = wrapper;
		this.page = frappe.ui.make_app_page({ parent: wrapper, title, single_column: true });
		this.$body = $('<div class="scan-station"></div>').appendTo(this.page.main);
		this.reset();
		$(window).on("online", () => this.work());
		setInterval(() => this.is_seen() && this.work(), RETRY_MS);
		// A tap anywhere brings the focus back, but not out of another field.
		$(document).on("click", (event) => {
			if (this.is_seen() && !$(event.target).closest("input, textarea, .modal").length) this.focus();
		});
	}

	is_seen() {
		return !document.hidden && $(this.wrapper).is(":visible");
	}

	reset() {
		this.items = new Map();
		this.history = [];
		this.codes = [];
		this.known = new Map();
		this.last = null;
		this.is_offline = false;
		this.is_working = false;
	}

	// The field, and what is around it; called once a place has been chosen.
	open() {
		this.$body.html(`
			<div class="scan-offline hidden" role="alert">${__("No network. Go on scanning: nothing is lost.")}</div>
			<div class="scan-field">
				<input type="text" class="form-control scan-input" inputmode="none" autocomplete="off"
					autocapitalize="off" spellcheck="false" aria-label="${__("Scan Barcode")}"
					placeholder="${__("Scan Barcode")}">
				<button type="button" class="btn btn-default scan-keyboard" aria-label="${__("Keyboard")}">⌨</button>
			</div>
			<div class="scan-last" aria-live="polite"></div>
			<div class="scan-actions">
				<button type="button" class="btn btn-default scan-undo">${__("Undo Last Scan")}</button>
				<button type="button" class="btn btn-primary scan-finish"></button>
			</div>
			<div class="scan-progress text-muted"></div>
			<div class="scan-list"></div>`);
		this.$input = this.$body.find(".scan-input");
		this.$input.on("keydown", (event) => {
			if (event.key !== "Enter" && event.key !== "Tab") return;
			event.preventDefault();
			const code = this.$input.val().trim();
			this.$input.val("");
			if (code) this.scan(code);
		});
		this.$body.find(".scan-keyboard").on("click", () => {
			const mode = this.$input.attr("inputmode") === "none" ? "text" : "none";
			this.$input.attr("inputmode", mode).trigger("blur").trigger("focus");
		});
		this.$body.find(".scan-undo").on("click", () => this.undo());
		this.$body.find(".scan-finish").text(this.finish_label).on("click", () => this.finish());
		this.$body.find(".scan-list").on("click", "[data-sku]", (event) => this.type(event.currentTarget.dataset.sku));
		this.restore();
		this.draw();
		this.focus();
		this.work();
	}

	focus() {
		if (this.$input && !$(".modal.show").length) this.$input.trigger("focus");
	}

	scan(code) {
		this.codes.push(code);
		this.keep();
		this.work();
	}

	// Codes are looked up in their order, then what changed is sent; stops where there is no network.
	async work() {
		if (this.is_working || !this.$input) return;
		this.is_working = true;
		try {
			while (this.codes.length) await this.take(this.codes[0]);
			await this.send();
			this.is_offline = false;
		} catch (error) {
			if (!(error instanceof NoNetworkError)) throw error;
			if (!this.is_offline) say_bad();
			this.is_offline = true;
		} finally {
			this.is_working = false;
			this.draw();
		}
	}

	async take(code) {
		try {
			const found = this.known.get(code) || (await this.look_up(code));
			if (found) {
				this.known.set(code, found);
				this.add(found, found.pieces);
				this.history.push({ sku: found.sku, pieces: found.pieces });
				say_good();
			} else {
				this.refuse(code, __("Unknown code: {0}", [escape(code)]));
			}
		} catch (error) {
			if (!(error instanceof RefusedError)) throw error;
			this.refuse(code, escape(error.message));
		}
		this.codes.shift();
		this.keep();
		this.draw();
	}

	add(found, pieces) {
		const item = this.items.get(found.sku) || { ...found, count: found.mine || 0 };
		item.count = Math.max(item.count + pieces, 0);
		item.is_changed = true;
		// The latest stands on top.
		this.items.delete(found.sku);
		this.items.set(found.sku, item);
		this.last = { sku: found.sku };
	}

	refuse(code, message) {
		this.last = { message };
		say_bad();
	}

	undo() {
		// What the server refused is not in the list any more.
		let step = this.history.pop();
		while (step && !this.items.has(step.sku)) step = this.history.pop();
		if (!step) return this.refuse("", __("There is nothing to undo.")) || this.draw();
		const item = this.items.get(step.sku);
		this.add(item, -step.pieces);
		this.keep();
		this.draw();
		this.focus();
		this.work();
	}

	// A full box is typed in, not scanned a hundred times.
	type(sku) {
		const item = this.items.get(sku);
		frappe.prompt(
			{ fieldname: "pieces", fieldtype: "Data", label: __("Pieces"), reqd: 1, default: item.count },
			(values) => {
				const is_whole = /^\d{1,8}$/.test(values.pieces.trim());
				if (!is_whole) return this.refuse("", __("Give a whole number of pieces.")) || this.draw();
				const pieces = cint(values.pieces);
				this.history.push({ sku, pieces: pieces - item.count });
				this.add(item, pieces - item.count);
				this.keep();
				this.draw();
				this.work();
			},
			item.sku_name || sku,
			__("Take Over")
		);
	}

	keep() {
		const items = [...this.items.values()];
		localStorage.setItem(this.get_store_key(), JSON.stringify({ items, codes: this.codes, ...this.get_extra() }));
	}

	restore() {
		const kept = JSON.parse(localStorage.getItem(this.get_store_key()) || "{}");
		(kept.items || []).forEach((item) => this.items.set(item.sku, item));
		this.codes = kept.codes || [];
		this.set_extra(kept);
	}

	forget() {
		localStorage.removeItem(this.get_store_key());
	}

	get_extra() {
		return {};
	}

	set_extra() {}

	draw() {
		if (!this.$input) return;
		this.$body.find(".scan-offline").toggleClass("hidden", !this.is_offline);
		this.$body.find(".scan-last").html(this.make_last());
		const waiting = this.codes.length ? __("{0} scans wait for the network.", [this.codes.length]) : "";
		this.$body.find(".scan-progress").text([this.make_progress(), waiting].filter(Boolean).join(" "));
		const rows = [...this.items.values()].reverse().map((item) => this.make_row(item));
		this.$body.find(".scan-list").html(rows.join(""));
	}

	make_last() {
		if (!this.last) return `<div class="scan-hint text-muted">${__("Scan the first piece.")}</div>`;
		if (this.last.message) return `<div class="scan-problem">${this.last.message}</div>`;
		const item = this.items.get(this.last.sku);
		return `<div class="scan-count">${item.count}</div>
			<div class="scan-name">${escape(item.sku_name)}</div>
			<div class="text-muted">${escape([item.specification, item.sku, item.bin_location].filter(Boolean).join(" · "))}</div>`;
	}

	make_row(item) {
		return `<button type="button" class="scan-row" data-sku="${escape(item.sku)}">
			<span class="scan-row-name">${escape(item.sku_name || item.sku)}
				<span class="text-muted">${escape(item.specification)}</span></span>
			<span class="scan-row-count">${item.count}${this.make_expected(item)}</span>
		</button>`;
	}

	make_expected() {
		return "";
	}

	make_progress() {
		return "";
	}

	// Large buttons to choose from: [{label, detail, choose}].
	offer(title, choices, empty) {
		this.$input = null;
		this.$body.html(`<div class="scan-choices"><h4>${title}</h4></div>`);
		const $choices = this.$body.find(".scan-choices");
		if (!choices.length) $choices.append(`<p class="text-muted">${empty}</p>`);
		choices.forEach(({ label, detail, choose }) => {
			$(`<button type="button" class="btn btn-default scan-choice">
				<b>${escape(label)}</b><span class="text-muted">${escape(detail)}</span>
			</button>`)
				.appendTo($choices)
				.on("click", choose);
		});
	}

	// Shows what a call that a person waits for came to; returns its answer, undefined where it failed.
	async attempt(work) {
		try {
			return await work();
		} catch (error) {
			say_bad();
			const is_refused = error instanceof RefusedError;
			if (!is_refused && !(error instanceof NoNetworkError)) throw error;
			frappe.msgprint({
				title: is_refused ? __("Not Possible") : __("No Network"),
				message: is_refused ? escape(error.message) : __("Try again where there is network. Nothing is lost."),
				indicator: "red",
			});
			return undefined;
		}
	}
}
