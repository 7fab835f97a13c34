"""Each benchmark runs, says what it promises, and leaves nothing behind; no figure is judged here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import frappe

ROOT = Path(__file__).parents[2]
COUNTED = ("Order", "Order Item", "Order Receiver", "Order Event", "Shop", "SKU")


def count() -> dict[str, int]:
	frappe.db.rollback()
	return {doctype: frappe.db.count(doctype) for doctype in COUNTED}


def test_intake_prints_three_rates_and_cleans_up(site: str) -> None:
	before = count()
	result = subprocess.run(
		[sys.executable, str(ROOT / "benchmarks" / "intake.py"), "--json"],
		env=os.environ | {"OMS_BENCHMARK_ORDERS": "640"},
		capture_output=True,
		text=True,
		check=False,
	)
	assert result.returncode == 0, result.stderr[-3000:]
	figures = json.loads(result.stdout.splitlines()[-1])
	assert figures["orders"] == 640
	assert min(figures[key] for key in ("orders_per_s", "raw_orders_per_s", "document_orders_per_s")) > 0
	assert figures["times_documents"] == round(figures["orders_per_s"] / figures["document_orders_per_s"], 1)
	assert count() == before
