"""How long labels and shipments of ten shops take, from the click, with real workers and the sandbox's services.

Every call to a platform takes 50 ms more than it would. Measured: 50 labels, which is their numbers, the orders moved
on and one file with 50 pages; 500 labels in one file; 50 parcels shipped until the platforms' own record says so.
Run by `./oms benchmark ship [--json]`; OMS_BENCHMARK_ROUNDS (3) repeats the small ones, the slowest counts,
OMS_BENCHMARK_LABELS (500) is the size of the large one.
"""

import argparse
import os
import sys
from pathlib import Path

import frappe

ROOT = Path(os.environ["OMS_ROOT"])
sys.path.insert(0, str(ROOT))

from benchmarks._site import open_site, print_figures  # noqa: E402 (needs the path above)
from tests.shipping.ship_run import Run, Size, open_run  # noqa: E402

SMALL = 50
TARGETS = {"labels_50_s": 2.0, "labels_many_s": 15.0, "shipped_50_s": 5.0}


def measure(run: Run, rounds: int, many: int) -> dict[str, float]:
	figures: dict[str, float] = {"labels_50_s": 0.0, "shipped_50_s": 0.0}
	for number in range(rounds):
		run.rest()
		names = run.parcels[number * SMALL : (number + 1) * SMALL]
		seconds, batch = run.print_labels(names, f"bench-small-{number}")
		assert (batch["printed"], batch["pages"]) == (SMALL, SMALL), batch
		figures["labels_50_s"] = round(max(figures["labels_50_s"], seconds), 2)
		figures["shipped_50_s"] = round(max(figures["shipped_50_s"], run.ship(names)), 2)
	run.rest()
	names = run.parcels[rounds * SMALL :]
	seconds, batch = run.print_labels(names, "bench-many")
	assert (batch["printed"], batch["pages"]) == (many, many), batch
	size = frappe.db.get_value("File", {"file_url": batch["file"]}, "file_size")
	numbers = {row["waybill_no"] for order in run.list_truth() for row in order["parcels"]}
	assert len(numbers) == rounds * SMALL, "each order was confirmed with a number of its own"
	return {**figures, "labels": many, "labels_many_s": round(seconds, 2), "file_kb": round(size / 1024)}


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	rounds = int(os.environ.get("OMS_BENCHMARK_ROUNDS") or 3)
	many = int(os.environ.get("OMS_BENCHMARK_LABELS") or 500)
	with open_site(), open_run(ROOT, os.environ["OMS_SITE"], Size(rounds * SMALL + many)) as run:
		figures = measure(run, rounds, many)
	print_figures(figures, options.json)
	return 0 if all(figures[name] <= limit for name, limit in TARGETS.items()) else 1


if __name__ == "__main__":
	sys.exit(main())
