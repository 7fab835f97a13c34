// What whoever scans hears and feels without looking at the screen.

const MUTE = "storegroup_oms.scan_muted";
let context = null;

export function is_muted() {
	return localStorage.getItem(MUTE) === "1";
}

export function mute(is_on) {
	localStorage.setItem(MUTE, is_on ? "1" : "0");
}

function beep(frequency, seconds) {
	if (is_muted()) return;
	try {
		context = context || new (window.AudioContext || window.webkitAudioContext)();
		const tone = context.createOscillator();
		const volume = context.createGain();
		volume.gain.value = 0.2;
		tone.frequency.value = frequency;
		tone.connect(volume).connect(context.destination);
		tone.start();
		tone.stop(context.currentTime + seconds);
	} catch {
		// A browser without sound still scans.
	}
}

function shake(pattern) {
	if (navigator.vibrate) navigator.vibrate(pattern);
}

export function say_good() {
	beep(1_200, 0.08);
	shake(40);
}

// Two rising tones: the whole parcel is right.
export function say_done() {
	beep(1_200, 0.1);
	setTimeout(() => beep(1_800, 0.18), 120);
	shake([40, 40, 80]);
}

export function say_bad() {
	beep(220, 0.4);
	shake([120, 60, 120]);
}
