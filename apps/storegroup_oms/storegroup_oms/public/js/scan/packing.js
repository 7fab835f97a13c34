import { say_done, say_good } from "./signals";
import { escape, ScanTable } from "./table";
import { ask } from "./transport";

const MOST_GRAMS = 100_000;

// The packing table: a parcel's number, its pieces, its weight, off it goes. One parcel lies open at a time, and is
// this person's.
export class PackingTable extends ScanTable {
	constructor(wrapper) {
		super(wrapper, __("Verify Parcels"), "storegroup_oms.packing", {
			weighs: __("Weigh"),
			ships: __("Ship at Once"),
		});
		this.done_today = 0;
		this.put_away();
		this.say("", __("Scan the number on a label."));
	}

	get_label() {
		const labels = { weigh: __("Weight (g)"), reason: __("Why does it differ?") };
		return labels[this.step] || (this.parcel ? __("Scan a piece") : __("Scan a label"));
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
