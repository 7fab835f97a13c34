"""Each benchmark runs, says what it promises, and leaves nothing behind; no figure is judged here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import frappe

ROOT = Path(__file__).parents[2]
COUNTED = (
	"Order",
	"Order Item",
	"Order Receiver",
	"Order Event",
	"Order Change",
	"Customer",
	"Customer Identity",
	"Listing",
	"Shop",
	"SKU",
)


def count() -> dict[str, int]:
	frappe.db.rollback()
	return {doctype: frappe.db.count(doctype) for doctype in COUNTED}


def test_intake_prints_three_rates_and_cleans_up(site: str) -> None:
	before = count()
	result = subprocess.run(
		[sys.executable, str(ROOT / "benchmarks" / "intake.py"), "--json"],
		env=os.environ | {"OMS_BENCHMARK_ORDERS": "640", "PYTHONPATH": str(ROOT)},
		capture_output=True,
		text=True,
		check=False,
	)
	assert result.returncode == 0, result.stderr[-3000:]
	figures = json.loads(result.stdout.splitlines()[-1])
	assert figures["orders"] == 640
	assert figures["memory_growth_mb"] >= 0
	assert min(figures[key] for key in ("orders_per_s", "raw_orders_per_s", "document_orders_per_s")) > 0
	assert figures["times_documents"] == round(figures["orders_per_s"] / figures["document_orders_per_s"], 1)
	assert count() == before


def test_desk_asks_every_question_and_cleans_up(site: str) -> None:
	before = count() | {"User": frappe.db.count("User"), "Customer": frappe.db.count("Customer")}
	result = subprocess.run(
		[sys.executable, str(ROOT / "benchmarks" / "desk.py"), "--json", "--clean"],
		env=os.environ
		| {
			"OMS_BENCHMARK_ORDERS": "2000",
			"OMS_BENCHMARK_ROUNDS": "1",
			"OMS_BENCHMARK_PAUSE_S": "0.01",
			"PYTHONPATH": str(ROOT),
		},
		capture_output=True,
		text=True,
		check=False,
	)
	assert result.returncode == 0, result.stderr[-3000:]
	figures = json.loads(result.stdout.splitlines()[-1])
	assert figures["orders"] == 2000
	rows = figures["cases"]
	assert {row["user"] for row in rows} == {"Administrator", "Customer service"}
	assert {(row["users"], row["pause_s"], row["is_judged"]) for row in rows} == {
		(1, 0, True),
		(10, 0.01, True),
		(10, 0, False),
	}
	for kind, target in (("list:", 300), ("form", 250), ("search:", 200)):
		assert {row["target_ms"] for row in rows if row["case"].startswith(kind)} == {target}
	for row in rows:
		assert 0 < row["p50_ms"] <= row["p95_ms"]
		assert row["ok"] == (row["p95_ms"] <= row["target_ms"])
	assert figures["ok"] == all(row["ok"] for row in rows if row["is_judged"])
	frappe.db.rollback()
	assert count() | {"User": frappe.db.count("User"), "Customer": frappe.db.count("Customer")} == before


def test_stock_pages_ask_every_view_prove_all_and_clean_up(site: str) -> None:
	counted = ("Stock Ledger", "Stock Balance", "Stock Figure", "Stock Reservation", "Warehouse", "User")
	before = count() | {doctype: frappe.db.count(doctype) for doctype in counted}
	sizes = {"SKUS": "200", "WAREHOUSES": "3", "LEDGER_ROWS": "6000", "ROUNDS": "1"}
	result = subprocess.run(
		[sys.executable, str(ROOT / "benchmarks" / "stock_pages.py"), "--json", "--clean", "--proof"],
		env=os.environ
		| {f"OMS_BENCHMARK_{name}": size for name, size in sizes.items()}
		| {"PYTHONPATH": str(ROOT)},
		capture_output=True,
		text=True,
		check=False,
	)
	assert result.returncode == 0, result.stderr[-3000:]
	figures = json.loads(result.stdout.splitlines()[-1])
	assert figures["ledger_rows"] >= 5000
	assert figures["drifts"] == 0
	rows = figures["cases"]
	assert {row["users"] for row in rows} == {1, 5}
	assert {row["target_ms"] for row in rows} == {300}
	by_user = {
		user: {row["case"] for row in rows if row["user"] == user}
		for user in ("Administrator", "Warehouse staff")
	}
	assert by_user["Administrator"] - by_user["Warehouse staff"] == {
		"value",
		"value, category",
		"value, text",
	}
	for row in rows:
		assert 0 < row["p50_ms"] <= row["p95_ms"]
		assert row["ok"] == (row["p95_ms"] <= row["target_ms"])
	frappe.db.rollback()
	assert count() | {doctype: frappe.db.count(doctype) for doctype in counted} == before


def test_reserve_prints_two_rates_and_cleans_up(site: str) -> None:
	names = ("Warehouse", "Courier", "Courier Lane", "Routing Decision", "Stock Ledger", "Stock Reservation")
	before = count() | {name: frappe.db.count(name) for name in names}
	result = subprocess.run(
		[sys.executable, str(ROOT / "benchmarks" / "reserve.py"), "--json"],
		env=os.environ | {"OMS_BENCHMARK_ORDERS": "60", "PYTHONPATH": str(ROOT)},
		capture_output=True,
		text=True,
		check=False,
	)
	assert result.returncode == 0, result.stderr[-3000:]
	figures = json.loads(result.stdout.splitlines()[-1])
	assert figures["orders"] == 60
	assert min(figures["orders_per_s"], figures["one_by_one_orders_per_s"]) > 0
	assert count() | {name: frappe.db.count(name) for name in names} == before


def test_tracking_alarms_what_was_injected_and_cleans_up(site: str) -> None:
	counted = ("Shipment", "Tracking Event", "Parcel Alert", "Courier", "Warehouse")
	frappe.db.rollback()
	before = {doctype: frappe.db.count(doctype) for doctype in counted}
	result = subprocess.run(
		[sys.executable, str(ROOT / "benchmarks" / "tracking.py"), "--json"],
		env=os.environ | {"OMS_BENCHMARK_PARCELS": "150", "PYTHONPATH": str(ROOT)},
		capture_output=True,
		text=True,
		check=False,
	)
	assert result.returncode == 0, result.stderr[-3000:]
	figures = json.loads(result.stdout.splitlines()[-1])
	assert figures["parcels"] == 150
	assert figures["injected"] > 5
	assert (figures["missed"], figures["late"], figures["not_closed"]) == (0, 0, 0)
	assert figures["complaints_with"] < figures["complaints_without"]
	frappe.db.rollback()
	assert {doctype: frappe.db.count(doctype) for doctype in counted} == before


def test_ship_prints_and_ships_for_ten_shops_and_cleans_up(site: str) -> None:
	counted = ("Order", "Shipment", "Print Batch", "Waybill", "Waybill Account", "Ship Confirmation", "Shop")
	frappe.db.rollback()
	before = {doctype: frappe.db.count(doctype) for doctype in counted}
	result = subprocess.run(
		[sys.executable, str(ROOT / "benchmarks" / "ship.py"), "--json"],
		env=os.environ | {"OMS_BENCHMARK_ROUNDS": "1", "OMS_BENCHMARK_LABELS": "20", "PYTHONPATH": str(ROOT)},
		capture_output=True,
		text=True,
		check=False,
	)
	# 1: slower than the targets, which is no matter here.
	assert result.returncode in (0, 1), result.stderr[-3000:]
	figures = json.loads(result.stdout.splitlines()[-1])
	assert figures["labels"] == 20
	assert min(figures[name] for name in ("labels_50_s", "labels_many_s", "shipped_50_s", "file_kb")) > 0
	frappe.db.rollback()
	assert {doctype: frappe.db.count(doctype) for doctype in counted} == before
