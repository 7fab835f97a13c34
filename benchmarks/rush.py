"""How many orders are oversold when 16 shops sell the same scarce goods in a rush, on the test site.

The same buyers, by one seed, three times at the sandbox: every shop shows the whole stock, as teams type it in today
(refreshed each hour, so not within the rush); every shop shows its equal part, typed in too; and with the desk, in
real processes, which takes in the orders and tells every shop what is left. Orders are then served first paid, first
served; those that can't be are oversold. Also counted: pieces left over although buyers had been turned away.
Run by `./oms benchmark rush [--json]`; OMS_BENCHMARK_BUYERS (600), OMS_BENCHMARK_PER_S (12) and OMS_BENCHMARK_SEED
(7) change it.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import frappe

ROOT = Path(os.environ["OMS_ROOT"])
sys.path.insert(0, str(ROOT))

from tests.stock.rush_run import (  # noqa: E402 (needs the path above)
	Outcome,
	Size,
	get_reduction,
	run_by_hand,
	run_with_push,
)

PLATFORMS = ("Taobao",) * 8 + ("JD",) * 3 + ("Pinduoduo",) * 3 + ("Douyin",) * 2
GOODS = 10
STOCK = 80
TARGET_PERCENT = 90.0


def make_size() -> Size:
	return Size(
		platforms=PLATFORMS,
		goods=GOODS,
		stock=STOCK,
		buyers=int(os.environ.get("OMS_BENCHMARK_BUYERS") or 600),
		per_s=float(os.environ.get("OMS_BENCHMARK_PER_S") or 12),
		seed=int(os.environ.get("OMS_BENCHMARK_SEED") or 7),
	)


def run() -> dict[str, Outcome]:
	size, site = make_size(), os.environ["OMS_SITE"]
	return {
		"by_hand": run_by_hand(ROOT, site, size, shown=STOCK),
		"by_hand_in_parts": run_by_hand(ROOT, site, size, shown=STOCK // len(PLATFORMS)),
		"with_push": run_with_push(ROOT, site, size, lambda text: print(text, flush=True)),
	}


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	os.chdir(ROOT / "sites")
	frappe.init(os.environ["OMS_SITE"], sites_path=".")
	frappe.connect()
	try:
		outcomes = run()
	finally:
		frappe.destroy()
	columns = list(asdict(outcomes["by_hand"]))
	print(f"{'':18}" + "".join(f"{column:>17}" for column in columns))
	for name, outcome in outcomes.items():
		print(f"{name:18}" + "".join(f"{value:>17,}" for value in asdict(outcome).values()))
	reduction = get_reduction(outcomes["by_hand"], outcomes["with_push"])
	print(f"oversold orders fewer by {reduction} % (target {TARGET_PERCENT} %)")
	figures = {name: asdict(outcome) for name, outcome in outcomes.items()}
	figures |= {"shops": len(PLATFORMS), "units_in_stock": GOODS * STOCK, "reduction_percent": reduction}
	if options.json:
		print(json.dumps(figures))
	return 0 if reduction >= TARGET_PERCENT else 1


if __name__ == "__main__":
	sys.exit(main())
