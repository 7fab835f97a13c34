import { is_muted, mute, say_bad, say_done, say_good } from "./signals";
import { ask, NoNetworkError, RefusedError } from "./transport";

const MOST_GRAMS = 100_000;
const OPTIONS = "storegroup_oms.packing";
const escape = (value) => frappe.utils.escape_html(String(value ?? ""));

// The packing table, by scanner or keyboard alone: a parcel's number, its pieces, its weight, off it goes.
// Each answer is heard, seen as a colour, and said in words. One parcel lies open at a time, and is this person's.
export class PackingTable {
	constructor(wrapper) {
		this.wrapper = wrapper;
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Verify Parcels"), single_column: true });
		this.page.main.html(this.make_body());
		this.$body = this.page.main.find(".packing");
		this.$input = this.$body.find(".packing-input");
		this.queue = Promise.resolve();
		this.done_today = 0;
		this.listen();
		this.put_away();
		this.say("", __("Scan the number on a label."));
	}

	make_body() {
		const option = (name, label) =>
			`<label class="packing-option"><input type="checkbox" data-option="${name}"> ${label}</label>`;
		return `<div class="packing">
			<div class="packing-options">${option("weighs", __("Weigh"))}${option("ships", __("Ship at Once"))}
				${option("is_muted", __("No Sound"))}<span class="packing-done text-muted"></span></div>
			<input type="text" class="form-control packing-input" inputmode="none" autocomplete="off" autocapitalize="off"
				spellcheck="false" aria-label="${__("Scan")}">
			<div class="packing-word" role="status" aria-live="assertive"></div>
			<div class="packing-parcel"></div></div>`;
	}

	listen() {
		this.options = { weighs: false, ships: false, ...JSON.parse(localStorage.getItem(OPTIONS) || "{}") };
		for (const box of this.$body.find("[data-option]")) {
			const name = box.dataset.option;
			box.checked = name === "is_muted" ? is_muted() : this.options[name];
			$(box).on("change", () => {
				if (name === "is_muted") mute(box.checked);
				else localStorage.setItem(OPTIONS, JSON.stringify(Object.assign(this.options, { [name]: box.checked })));
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

	take_code(code) {
		if (this.step === "weigh") return this.weigh(code);
		if (this.step === "reason") return this.weigh(this.grams, code);
		if (!this.parcel) return this.open(code);
		if ([this.parcel.waybill_no, this.parcel.name].includes(code)) {
			return this.say("", __("This parcel is open. Scan its pieces."));
		}
		return this.count(code);
	}

	async open(code) {
		const found = await ask("POST", "floor.take", { code });
		if (found.state !== "open") {
			this.draw();
			return this.refuse(found.text, found.state === "stopped" ? __("Put it aside") : "");
		}
		this.parcel = found.parcel;
		this.counts = Object.fromEntries(found.parcel.lines.map((line) => [line.sku, 0]));
		this.step = "count";
		this.draw();
		say_good();
		if (this.parcel.status === "Verified") {
			this.parcel.lines.forEach((line) => (this.counts[line.sku] = line.qty));
			return this.go_on(__("It has been verified before."));
		}
		this.say("", __("Scan its pieces."));
	}

	// `*3` counts three of what was scanned last.
	async count(code) {
		const times = /^[*x×](\d{1,4})$/i.exec(code);
		const found = times ? this.last && { ...this.last, pieces: cint(times[1]) - 1 } : await this.look_up(code);
		if (!found) return this.refuse(__("Unknown code: {0}", [code]));
		const line = this.parcel.lines.find((row) => row.sku === found.sku);
		if (!line) return this.refuse(__("{0} is not in this parcel.", [found.sku_name || found.sku]), __("Wrong piece"));
		const count = this.counts[found.sku] + found.pieces;
		if (count > line.qty) {
			return this.refuse(__("{0}: {1} are too many, {2} belong into it.", [line.sku_name, count, line.qty]), __("Too many"));
		}
		this.counts[found.sku] = count;
		this.last = { ...found, pieces: 1 };
		this.draw();
		if (this.parcel.lines.some((row) => this.counts[row.sku] < row.qty)) {
			say_good();
			return this.say("", `${line.sku_name || line.sku}  ${count} / ${line.qty}`);
		}
		const { refused } = await ask("POST", "floor.verify", { shipment: this.parcel.name, counts: this.counts });
		if (refused) return this.refuse(refused, __("Put it aside"));
		return this.go_on(__("All pieces are right."));
	}

	look_up(code) {
		this.known = this.known || new Map();
		if (this.known.has(code)) return this.known.get(code);
		return ask("GET", "floor.find_piece", { code }).then((found) => {
			if (found) this.known.set(code, found);
			return found;
		});
	}

	async go_on(words) {
		if (this.options.weighs && this.step === "count") {
			this.step = "weigh";
			say_done();
			return this.say("good", words, __("Weight in grams, then Enter"));
		}
		if (this.options.ships) {
			const { refused } = await ask("POST", "floor.ship", { shipment: this.parcel.name });
			if (refused) return this.refuse(refused, __("Put it aside"));
			words = __("{0} has left.", [this.parcel.waybill_no]);
		}
		this.done_today += 1;
		this.$body.find(".packing-done").text(__("Done: {0}", [this.done_today]));
		say_done();
		this.put_away();
		this.say("good", words, __("Scan the next one"));
	}

	async weigh(text, reason = "") {
		const grams = Number(text);
		// A label that is scanned instead is a very large number.
		if (!Number.isInteger(grams) || grams <= 0 || grams > MOST_GRAMS) return this.refuse(__("Give the weight in whole grams."));
		const found = await ask("POST", "floor.weigh", { shipment: this.parcel.name, grams, reason });
		if (found.state === "differs") {
			Object.assign(this, { step: "reason", grams });
			return this.refuse(found.text, __("Weigh again, or say why and press Enter"));
		}
		if (found.state === "refused") return this.refuse(found.text, __("Put it aside"));
		this.step = "weighed";
		return this.go_on(__("{0} g are right.", [grams]));
	}

	// Escape: back onto the pile. A weight that differs may be weighed again.
	async put_back() {
		if (this.step === "reason") {
			this.step = "weigh";
			return this.say("", __("Weight in grams, then Enter"));
		}
		if (!this.parcel) return this.say("", __("Scan the number on a label."));
		await ask("POST", "floor.release", { shipment: this.parcel.name });
		this.put_away();
		this.say("", __("Put back. Scan the number on a label."));
	}

	put_away() {
		Object.assign(this, { parcel: null, counts: {}, last: null, step: "" });
		this.draw();
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
		const labels = { weigh: __("Weight (g)"), reason: __("Why does it differ?") };
		this.$input.attr("placeholder", labels[this.step] || (this.parcel ? __("Scan a piece") : __("Scan a label")));
		this.focus();
	}

	draw() {
		const $parcel = this.$body.find(".packing-parcel").empty();
		if (!this.parcel) return;
		const { name, waybill_no, courier, orders, messages, note, lines } = this.parcel;
		const words = [note, ...messages].filter(Boolean);
		const rows = lines.map((line) => {
			const count = this.counts[line.sku];
			const image = line.image
				? `<img src="${escape(line.image)}" alt="">`
				: `<span class="packing-blank">${escape((line.sku_name || line.sku)[0])}</span>`;
			return `<div class="packing-line ${count >= line.qty ? "full" : ""}" data-sku="${escape(line.sku)}">${image}
				<div class="packing-goods"><b>${escape(line.sku_name || line.sku)}</b>
				<span>${escape([line.specification, line.sku, line.bin].filter(Boolean).join(" · "))}</span>
				${line.is_fragile ? `<span class="indicator-pill red no-indicator-dot">${__("Fragile")}</span>` : ""}</div>
				<div class="packing-count"><b>${count}</b> / ${line.qty}</div></div>`;
		});
		$parcel.html(`<div class="packing-head"><b>${escape(waybill_no)}</b>
			<span class="text-muted">${escape([courier, name, orders.join(" ")].filter(Boolean).join(" · "))}</span></div>
			${words.length ? `<div class="packing-note">${words.map(escape).join("<br>")}</div>` : ""}${rows.join("")}
			<div class="text-muted small">${__("Esc puts it back. *3 counts three of the last piece.")}</div>`);
	}
}
