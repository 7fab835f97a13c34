"""Keeps one program running: `python -m runtime.keep NAME -- COMMAND…`.

honcho ends everything when one process ends; a worker that is killed must come back alone instead.
A program that ends within five seconds is started again after a growing pause (1 to 30 s).
"""

import signal
import subprocess
import sys
import threading
import time

LONGEST_PAUSE_S = 30
SHORT_LIFE_S = 5


def keep(name: str, command: list[str]) -> int:
	"""Run the command again and again until SIGTERM or SIGINT, which are passed on. Returns 0."""
	stopping = threading.Event()
	child: subprocess.Popen | None = None

	def stop(signum, _frame) -> None:
		stopping.set()
		if child and child.poll() is None:
			child.send_signal(signum)

	signal.signal(signal.SIGTERM, stop)
	signal.signal(signal.SIGINT, stop)
	pause_s = 1
	while not stopping.is_set():
		started = time.monotonic()
		child = subprocess.Popen(command)
		if stopping.is_set():
			child.terminate()  # the signal came before the handler knew this child
		code = child.wait()
		if stopping.is_set():
			break
		pause_s = 1 if time.monotonic() - started > SHORT_LIFE_S else min(pause_s * 2, LONGEST_PAUSE_S)
		print(f"{name} ended with code {code}; starting it again in {pause_s} s", flush=True)
		stopping.wait(pause_s)
	return 0


if __name__ == "__main__":
	sys.exit(keep(sys.argv[1], sys.argv[3:]))
