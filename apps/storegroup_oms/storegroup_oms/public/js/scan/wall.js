import { say_done, say_good } from "./signals";
import { escape, ScanTable } from "./table";
import { ask } from "./transport";

// Put to wall: what was picked together for a wave is parted again. Each scanned piece lights up the slot that it
// belongs into; what lies where is kept in the browser until all slots are full.
export class Wall extends ScanTable {
	constructor(wrapper) {
		super(wrapper, __("Put to Wall"), "storegroup_oms.wall");
		this.forget();
		this.say("", __("Scan the number of a wave."));
	}

	async show() {
		const wave = frappe.get_route()[1];
		if (wave && wave !== this.wave) await this.after(() => this.open(wave));
		this.focus();
	}

	get_label() {
		return this.wave ? __("Scan a piece") : __("Scan a wave");
	}

	forget() {
		Object.assign(this, { wave: "", slots: [], history: [], known: new Map() });
		this.draw();
	}

	take_code(code) {
		if (!this.wave || /^WV-\d+$/.test(code)) return this.open(code);
		return this.put(code);
	}

	async open(wave) {
		const slots = await ask("GET", "waves.read_wall", { wave });
		const kept = JSON.parse(localStorage.getItem(this.get_key(wave)) || "[]");
		Object.assign(this, { wave, slots, history: [], known: new Map() });
		slots.forEach((slot) => (slot.counts = Object.fromEntries(slot.lines.map((line) => [line.sku, 0]))));
		// What was on the wall before the page was loaded again; slots that were stopped meanwhile take nothing.
		kept.forEach(([name, sku]) => {
			const slot = slots.find((one) => one.name === name && sku in one.counts);
			if (slot) this.lay(slot, sku);
		});
		this.draw();
		if (!slots.length) return this.refuse(__("No parcel of {0} waits for its pieces.", [wave]));
		say_good();
		this.say("", __("{0}: {1} slots. Scan the pieces.", [wave, slots.length]));
	}

	get_key(wave) {
		return `put-to-wall:${frappe.session.user}:${wave}`;
	}

	lay(slot, sku) {
		slot.counts[sku] += 1;
		this.history.push([slot.name, sku]);
	}

	keep() {
		localStorage.setItem(this.get_key(this.wave), JSON.stringify(this.history));
	}

	is_full(slot) {
		return slot.lines.every((line) => slot.counts[line.sku] >= line.qty);
	}

	// A box's code stands for several pieces: each goes where it is wanted next.
	async put(code) {
		if (!this.known.has(code)) this.known.set(code, await ask("GET", "floor.find_piece", { code }));
		const found = this.known.get(code);
		if (!found) return this.refuse(__("Unknown code: {0}", [code]));
		const laid = [];
		for (let piece = 0; piece < found.pieces; piece += 1) {
			const slot = this.find_slot(found.sku);
			if (!slot) break;
			this.lay(slot, found.sku);
			laid.push(slot);
		}
		this.keep();
		this.draw(laid[0]);
		const name = found.sku_name || found.sku;
		if (!laid.length) return this.refuse(__("No slot wants {0}. Put it back onto the shelf.", [name]));
		const counts = new Map();
		laid.forEach(({ wave_slot }) => counts.set(wave_slot, (counts.get(wave_slot) || 0) + 1));
		const words = [...counts].map(([slot, count]) => (count > 1 ? `${slot} ×${count}` : `${slot}`)).join("、");
		if (this.slots.every((slot) => this.is_full(slot))) return this.finish(words);
		const full = laid.filter((slot) => this.is_full(slot));
		if (full.length) {
			say_done();
			return this.say("good", __("Slot {0}", [words]), __("{0}: complete, ready to verify", [name]));
		}
		say_good();
		return this.say("", __("Slot {0}", [words]), name);
	}

	// Slots that something lies in come first, so that parcels are finished soon; then by number.
	find_slot(sku) {
		const wanting = this.slots.filter((slot) => {
			const line = slot.lines.find((row) => row.sku === sku);
			return line && slot.counts[sku] < line.qty;
		});
		const begun = wanting.filter((slot) => Object.values(slot.counts).some(Boolean));
		return begun[0] || wanting[0];
	}

	async finish(words) {
		const done = await ask("POST", "waves.mark_picked", { wave: this.wave });
		localStorage.removeItem(this.get_key(this.wave));
		const refused = Object.keys(done.refused).length;
		say_done();
		const hint = refused ? __("{0} parcels could not be marked as picked.", [refused]) : __("Scan the next wave.");
		const wave = this.wave;
		this.forget();
		this.say("good", __("Slot {0}. All slots of {1} are full.", [words, wave]), hint);
	}

	put_back() {
		const last = this.history.pop();
		if (!last) return this.say("", this.wave ? __("There is nothing to undo.") : __("Scan the number of a wave."));
		const slot = this.slots.find(({ name }) => name === last[0]);
		slot.counts[last[1]] -= 1;
		this.keep();
		this.draw(slot);
		return this.say("", __("Taken out of slot {0}.", [slot.wave_slot]));
	}

	draw(lit) {
		const cells = this.slots.map((slot) => {
			const wanted = slot.lines.reduce((sum, line) => sum + line.qty, 0);
			const count = Object.values(slot.counts).reduce((sum, number) => sum + number, 0);
			const kind = this.is_full(slot) ? "full" : slot === lit ? "lit" : "";
			return `<div class="wall-slot ${kind} ${slot === lit ? "lit" : ""}" data-slot="${slot.wave_slot}"
				title="${escape(slot.waybill_no || slot.name)}"><b>${slot.wave_slot}</b><span>${count} / ${wanted}</span></div>`;
		});
		this.$body.find(".packing-parcel").html(
			this.wave
				? `<div class="wall">${cells.join("")}</div>
					<div class="text-muted small mt-2">${__("Esc takes the last piece out again.")}</div>`
				: ""
		);
	}
}
