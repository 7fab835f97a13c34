"""Whether the desk ends equal to the platforms' truth when everything that can go wrong does, on the test site.

20 shops (10 Taobao, 4 JD, 4 Pinduoduo, 2 Douyin) at the sandbox, in real processes. One call in five fails, pushes
come twice, late, in another order or not at all, pages shift, tokens expire, workers are killed (-9). Some orders
are hidden first and shown later, some can't be read until they are cured. In the end every order, line, amount,
state and refund case is compared; the exit code is 1 when anything differs. Everything is deleted again.
Run by `./oms benchmark reliability [--json]`; OMS_BENCHMARK_ORDERS (20,000), OMS_BENCHMARK_KILLS (50) and
OMS_BENCHMARK_SEED (7) change it.
"""

import argparse
import os
import sys
import time

from benchmarks._site import ROOT, open_site, print_figures
from tests.reliability.run import Outcome, Size, run_all, show

CHANGES_PER_S = 100.0


def make_size() -> Size:
	orders = int(os.environ.get("OMS_BENCHMARK_ORDERS") or 20_000)
	kills = int(os.environ.get("OMS_BENCHMARK_KILLS") or 50)
	seed = int(os.environ.get("OMS_BENCHMARK_SEED") or 7)
	load_s = orders * 8 / CHANGES_PER_S
	return Size(
		orders=orders,
		kills=kills,
		per_s=CHANGES_PER_S,
		kill_every_s=max(1.0, 0.9 * load_s / max(kills, 1)),
		limit_s=1800,
		seed=seed,
	)


def run() -> Outcome:
	began = time.monotonic()

	def say(text: str) -> None:
		print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

	return run_all(ROOT, os.environ["OMS_SITE"], make_size(), say)


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	with open_site():
		outcome = run()
	print(show(outcome))
	print_figures(outcome.figures, options.json)
	return 1 if outcome.differences or outcome.faults else 0


if __name__ == "__main__":
	sys.exit(main())
