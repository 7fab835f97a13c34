// What whoever scans hears and feels without looking at the screen.

let context = null;

function beep(frequency, seconds) {
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

export function say_bad() {
	beep(220, 0.4);
	shake([120, 60, 120]);
}
