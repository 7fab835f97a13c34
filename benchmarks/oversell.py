"""The last units of 50 SKUs in 20 shops, fought for by 16 processes over real connections, on the test site.

Each try is an order that is routed and reserved; some are shipped or closed again, holds come and go. Some tries lock
balances in the wrong order, so that the database has to break circles; workers are killed (-9) and replaced in
mid-work. In the end stock is counted: units promised or sent beyond what there was, sums of the ledger, entry numbers,
reservations and orders must all agree; the exit code is 1 when anything differs. Everything is deleted again.
Run by `./oms benchmark oversell [--json]`; OMS_BENCHMARK_TRIES (20,000), OMS_BENCHMARK_KILLS (50) and
OMS_BENCHMARK_SEED (7) change it.
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

from tests.stock.selling_out import Size, run  # noqa: E402 (needs the path above)


def make_size() -> Size:
	tries = int(os.environ.get("OMS_BENCHMARK_TRIES") or 20_000)
	kills = int(os.environ.get("OMS_BENCHMARK_KILLS") or 50)
	seed = int(os.environ.get("OMS_BENCHMARK_SEED") or 7)
	# Twice as much is asked for as there is.
	return Size(tries, tries, kills, seed)


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	os.chdir(ROOT / "sites")
	frappe.init(os.environ["OMS_SITE"], sites_path=".")
	frappe.connect()
	try:
		outcome = run(os.environ["OMS_SITE"], make_size())
	finally:
		frappe.destroy()
	for name, value in asdict(outcome).items():
		print(f"{name:16} {value:>12,}")
	print("Nothing oversold, nothing lost." if not outcome.faults else f"Wrong: {outcome.faults}")
	if options.json:
		print(json.dumps(asdict(outcome)))
	return 1 if outcome.faults else 0


if __name__ == "__main__":
	sys.exit(main())
