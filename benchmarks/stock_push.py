"""How fast our stock is at the platforms, and how fast a change behind our back is found, on the test site.

20 shops (10 Taobao, 4 JD, 4 Pinduoduo, 2 Douyin) at the sandbox with 100 listings each, in real processes: sandbox,
consumer, four workers. Changes are posted through `inventory.ledger.post`, one SKU a second, so 20 listings each; the
time runs from the commit until the platform's own record shows the new figure. Then figures are changed at the
platforms: until the desk says so, and until it is mended. Everything is deleted again.
Run by `./oms benchmark stock_push [--json]`; OMS_BENCHMARK_CHANGES (120) and OMS_BENCHMARK_SEED (7) change it.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import frappe

ROOT = Path(os.environ["OMS_ROOT"])
sys.path.insert(0, str(ROOT))

from tests.reliability.chaos import PLATFORMS  # noqa: E402 (needs the path above)
from tests.stock.push_run import Result, Size, get_share, open_stack  # noqa: E402 (needs the path above)

GOODS = 100
DIFFERENCES = 20
TARGETS_S = {"p95": 5.0, "p99": 15.0, "found": 60.0}


def make_figures(result: Result) -> dict:
	figures = {"listings": len(PLATFORMS) * GOODS, "pushes": len(result.push_s), "open": result.open}
	for name, values in (("push", result.push_s), ("found", result.found_s), ("mended", result.mended_s)):
		figures |= {
			f"{name}_p50_s": round(get_share(values, 0.5), 2),
			f"{name}_p95_s": round(get_share(values, 0.95), 2),
			f"{name}_p99_s": round(get_share(values, 0.99), 2),
			f"{name}_max_s": round(max(values, default=0), 2),
		}
	figures["faults"] = len(result.faults)
	figures["ok"] = (
		not result.open
		and figures["push_p95_s"] <= TARGETS_S["p95"]
		and figures["push_p99_s"] <= TARGETS_S["p99"]
		and figures["found_max_s"] <= TARGETS_S["found"]
	)
	return figures


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	os.chdir(ROOT / "sites")
	frappe.init(os.environ["OMS_SITE"], sites_path=".")
	frappe.connect()
	size = Size(
		platforms=PLATFORMS,
		goods=GOODS,
		changes=int(os.environ.get("OMS_BENCHMARK_CHANGES") or 120),
		differences=DIFFERENCES,
		seed=int(os.environ.get("OMS_BENCHMARK_SEED") or 7),
	)
	try:
		with open_stack(ROOT, os.environ["OMS_SITE"], size) as run:
			print("every shop shows our stock", flush=True)
			run.change_stock()
			run.meddle()
			result = run.finish()
	finally:
		frappe.destroy()
	figures = make_figures(result)
	for fault in result.faults[:20]:
		print(fault)
	for name, value in figures.items():
		print(f"{name:24} {value!s:>12}")
	if options.json:
		print(json.dumps(figures))
	return 0 if figures["ok"] else 1


if __name__ == "__main__":
	sys.exit(main())
