"""Answers of the stock page at 20,000 SKUs in 5 warehouses and 5,000,000 ledger rows, over HTTP.

What the page itself asks, asked of the bench's own web workers behind nginx: as Administrator and as warehouse staff
narrowed to 2 of the warehouses by User Permissions; by one user, then by five at once without pause. A time runs from
the request to the last byte of the answer. The target holds for the 95th percentile.

Run by `./oms benchmark stock-pages [--json]` on the benchmarks' own site, whose data is kept; OMS_BENCHMARK_SKUS,
OMS_BENCHMARK_WAREHOUSES, OMS_BENCHMARK_LEDGER_ROWS and OMS_BENCHMARK_ROUNDS change the sizes, `--clean` removes the
data, `--proof` measures a whole proof and the figures of all goods besides.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import frappe
from frappe.utils import add_days, nowdate

from benchmarks import _stock_data as data
from benchmarks._site import ROOT, open_site
from benchmarks._web import Session, WebServer
from runtime.bench import Bench
from storegroup_oms.inventory import drifts, figures, proof
from storegroup_oms.tests.factories import PASSWORD

TARGET_MS = 300
ROUNDS = 30
USERS = 5
ENDPOINT = "storegroup_oms.api.stock.get_stock_page"
PAGE = 50
Make = Callable[[random.Random, int], dict]


def pick(chance: random.Random, skus: int) -> str:
	return data.get_sku(chance.randrange(1, skus + 1))


def pick_hot(chance: random.Random, skus: int) -> str:
	return data.get_sku(chance.randrange(1, max(skus // data.HOT_EVERY, 1) + 1) * data.HOT_EVERY)


CASES: dict[str, tuple[str, Make]] = {
	"matrix": ("matrix", lambda chance, skus: {}),
	"matrix, far in": ("matrix", lambda chance, skus: {"start": skus * 9 // 10}),
	"matrix, scarcest first": ("matrix", lambda chance, skus: {"order_by": "available"}),
	"matrix, scarcest first, category": (
		"matrix",
		lambda chance, skus: {"order_by": "available", "category": chance.choice(data.CATEGORIES)},
	),
	"matrix, scarcest first, text": (
		"matrix",
		lambda chance, skus: {"order_by": "available", "text": f"商品 {chance.randrange(1, 100)}"},
	),
	"matrix, category": ("matrix", lambda chance, skus: {"category": chance.choice(data.CATEGORIES)}),
	"matrix, text": ("matrix", lambda chance, skus: {"text": f"商品 {chance.randrange(1, 100)}"}),
	"matrix, warehouse, most first": (
		"matrix",
		lambda chance, skus: {"warehouse": data.get_warehouse(1), "order_by": "on_hand"},
	),
	"movements": ("movements", lambda chance, skus: {}),
	"movements of a SKU": ("movements", lambda chance, skus: {"sku": pick(chance, skus)}),
	"movements of a hot SKU": ("movements", lambda chance, skus: {"sku": pick_hot(chance, skus)}),
	"movements, warehouse, a week": (
		"movements",
		lambda chance, skus: {
			"warehouse": data.get_warehouse(1),
			"from_time": add_days(nowdate(), -(start := chance.randrange(10, 300))),
			"to_time": add_days(nowdate(), 7 - start),
		},
	),
	"movements, kind": ("movements", lambda chance, skus: {"kind": chance.choice(("Shipment", "Issue"))}),
	"movements, rare kind": ("movements", lambda chance, skus: {"kind": "Damage"}),
	"movements, source": (
		"movements",
		lambda chance, skus: {"source": f"BSO-{chance.randrange(1, 9_999):09d}"},
	),
	"age": ("ages", lambda chance, skus: {}),
	"age, category": ("ages", lambda chance, skus: {"category": chance.choice(data.CATEGORIES)}),
	"slow movers": ("slow", lambda chance, skus: {"days": 5}),
	"slow movers, warehouse": ("slow", lambda chance, skus: {"days": 5, "warehouse": data.get_warehouse(2)}),
	"value": ("values", lambda chance, skus: {}),
	"value, category": ("values", lambda chance, skus: {"category": chance.choice(data.CATEGORIES)}),
	"value, text": ("values", lambda chance, skus: {"text": f"商品 {chance.randrange(1, 100)}"}),
}


def make_request(view: str, filters: dict) -> dict:
	start = filters.pop("start", 0)
	return {"view": view, "filters": json.dumps(filters), "start": start, "length": PAGE}


def measure(session: Session, requests: list[dict]) -> list[float]:
	"""Milliseconds of each request. Runs in threads, where Frappe knows no site."""
	times = []
	for arguments in requests:
		start = time.perf_counter()
		session.get(ENDPOINT, arguments)
		times.append((time.perf_counter() - start) * 1000)
	return times


def summarise(times: list[float]) -> dict[str, float]:
	ordered = sorted(times)
	return {
		"p50_ms": round(ordered[len(ordered) // 2], 1),
		"p95_ms": round(ordered[-(-len(ordered) * 95 // 100) - 1], 1),
	}


def run_case(name: str, sessions: list[Session], skus: int, rounds: int) -> Iterator[dict]:
	"""Figures of one case: one user, then all at once."""
	view, make = CASES[name]

	def make_requests(seed: int, count: int) -> list[dict]:
		chance = random.Random(seed)
		return [make_request(view, make(chance, skus)) for _number in range(count)]

	measure(sessions[0], make_requests(1, 2))
	yield {"users": 1, **summarise(measure(sessions[0], make_requests(2, rounds)))}
	askings = [make_requests(10 + number, max(rounds // 5, 1)) for number in range(len(sessions))]
	with ThreadPoolExecutor(len(sessions)) as pool:
		together = [time_ms for times in pool.map(measure, sessions, askings) for time_ms in times]
	yield {"users": len(sessions), **summarise(together)}


def run(server: WebServer, root: Path, skus: int, rounds: int, only: str) -> Iterator[dict]:
	"""Figures of all cases, or of those whose name holds `only`."""
	first = Session(server.port).log_in("Administrator", Bench(root).get_secret("admin"))
	staff = Session(server.port).log_in(data.STAFF, PASSWORD)
	for user, session in (("Administrator", first), ("Warehouse staff", staff)):
		sessions = [session, *(Session(server.port, session.cookie) for _number in range(USERS - 1))]
		# Staff don't read money.
		names = [name for name in CASES if user == "Administrator" or CASES[name][0] != "values"]
		for name in (name for name in names if only in name):
			for figures_of in run_case(name, sessions, skus, rounds):
				row = {"case": name, "user": user, **figures_of, "target_ms": TARGET_MS}
				yield row | {"ok": row["p95_ms"] <= TARGET_MS}


def measure_jobs() -> dict[str, float]:
	"""Seconds of a whole proof and of reckoning all figures anew, with what they found."""
	start = time.perf_counter()
	found = drifts.prove("Whole", proof.find_all_skus(), proof.find_all_lines())
	proven = time.perf_counter()
	figures.refresh_all()
	return {
		"proof_s": round(proven - start, 1),
		"figures_s": round(time.perf_counter() - proven, 1),
		"ledger_rows": found["ledger_rows"],
		"balances": found["balances"],
		"drifts": found["drifts"],
	}


def print_row(row: dict) -> None:
	mark = "" if row["ok"] else "  too slow"
	print(
		f"{row['case']:32} {row['user']:16} {row['users']:>2} at once {row['p50_ms']:>9,.1f} {row['p95_ms']:>9,.1f}"
		f" ms of {row['target_ms']}{mark}",
		flush=True,
	)


def get_size(name: str, default: int) -> int:
	return int(os.environ.get(f"OMS_BENCHMARK_{name}") or default)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	parser.add_argument("--clean", action="store_true", help="remove the data at the end")
	parser.add_argument("--proof", action="store_true", help="measure the nightly jobs too")
	parser.add_argument("--only", default="", help="measure only cases whose name holds this")
	options = parser.parse_args()
	skus, rows = get_size("SKUS", 20_000), get_size("LEDGER_ROWS", 5_000_000)
	with open_site():
		try:
			start = time.perf_counter()
			if data.ensure_data(skus, get_size("WAREHOUSES", 5), rows):
				print(f"{rows:,} ledger rows made in {time.perf_counter() - start:,.0f} s", flush=True)
			jobs = measure_jobs() if options.proof else {}
			if jobs:
				print(json.dumps(jobs), flush=True)
			frappe.db.rollback()
			with WebServer(ROOT, os.environ["OMS_SITE"]) as server:
				cases = []
				for row in run(server, ROOT, skus, get_size("ROUNDS", ROUNDS), options.only):
					cases.append(row)
					print_row(row)
			if options.json:
				sizes = {"skus": skus, "ledger_rows": rows, **jobs}
				print(json.dumps({**sizes, "ok": all(row["ok"] for row in cases), "cases": cases}))
		finally:
			if options.clean:
				data.remove_data()


if __name__ == "__main__":
	main()
