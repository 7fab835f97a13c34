import { is_muted, mute, say_bad } from "./signals";
import { NoNetworkError, RefusedError } from "./transport";

export const escape = (value) => frappe.utils.escape_html(String(value ?? ""));

// A page for a scanner that types: one field that keeps the focus, each answer heard, seen as a colour, said in words.
//
// Subclasses say what a code means (take_code), what Escape does (put_back), what the field asks for (get_label), and
// may name options that are kept in the browser.
export class ScanTable {
	constructor(wrapper, title, store, options = {}) {
		this.wrapper = wrapper;
		this.store = store;
		this.page = frappe.ui.make_app_page({ parent: wrapper, title, single_column: true });
		this.page.main.html(this.make_body(options));
		this.$body = this.page.main.find(".packing");
		this.$input = this.$body.find(".packing-input");
		this.queue = Promise.resolve();
		this.options = JSON.parse(localStorage.getItem(store) || "{}");
		this.listen();
	}

	make_body(options) {
		const boxes = Object.entries({ ...options, is_muted: __("No Sound") }).map(
			([name, label]) =>
				`<label class="packing-option"><input type="checkbox" data-option="${name}"> ${label}</label>`
		);
		return `<div class="packing">
			<div class="packing-options">${boxes.join("")}<span class="packing-done text-muted"></span></div>
			<input type="text" class="form-control packing-input" inputmode="none" autocomplete="off" autocapitalize="off"
				spellcheck="false" aria-label="${__("Scan")}">
			<div class="packing-word" role="status" aria-live="assertive"></div>
			<div class="packing-parcel"></div></div>`;
	}

	listen() {
		for (const box of this.$body.find("[data-option]")) {
			const name = box.dataset.option;
			box.checked = name === "is_muted" ? is_muted() : Boolean(this.options[name]);
			$(box).on("change", () => {
				if (name === "is_muted") mute(box.checked);
				else localStorage.setItem(this.store, JSON.stringify(Object.assign(this.options, { [name]: box.checked })));
				this.focus();
			});
		}
		this.$input.on("keydown", (event) => {
			if (event.key === "Escape") {
				// The desk's own Escape takes the focus away.
				event.stopPropagation();
				this.$input.val("");
				this.after(() => this.put_back());
				return;
			}
			if (event.key !== "Enter" && event.key !== "Tab") return;
			event.preventDefault();
			const code = this.$input.val().trim();
			this.$input.val("");
			if (code) this.after(() => this.take_code(code));
		});
		this.$input.on("dblclick", () => this.$input.attr("inputmode", "text").trigger("blur").trigger("focus"));
		$(document).on("click", (event) => {
			if (this.is_seen() && !$(event.target).closest("input, textarea, a, .modal").length) this.focus();
		});
	}

	is_seen() {
		return !document.hidden && $(this.wrapper).is(":visible");
	}

	show() {
		this.focus();
	}

	focus() {
		if (!$(".modal.show").length) this.$input.trigger("focus");
	}

	// Codes come faster than answers: each is dealt with after the one before.
	after(work) {
		this.queue = this.queue.then(work).catch((error) => {
			if (error instanceof RefusedError) return this.refuse(error.message);
			if (error instanceof NoNetworkError) return this.refuse(__("No network. Scan this again in a moment."));
			throw error;
		});
		return this.queue;
	}

	refuse(words, hint = "") {
		say_bad();
		this.say("bad", words, hint);
	}

	// The colour says it from afar, the words say what, the mark says it to those who see no colours.
	say(kind, words, hint = "") {
		const mark = { good: "✓", bad: "✗" }[kind] || "";
		this.$body
			.find(".packing-word")
			.attr("data-kind", kind)
			.html(`<b>${mark}</b> ${escape(words)}${hint ? `<small>${escape(hint)}</small>` : ""}`);
		this.$input.attr("placeholder", this.get_label());
		this.focus();
	}
}
