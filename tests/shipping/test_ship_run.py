"""Printing and shipping with real workers that are killed on the way; small. In full: ./oms benchmark ship."""

from collections import Counter
from pathlib import Path

import frappe
import pytest

from tests.shipping.ship_run import Size, open_run

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_batch_goes_on_and_every_order_is_confirmed_once(site: str) -> None:
	frappe.db.set_single_value("OMS Settings", "print_batch_size", 10)
	frappe.db.commit()
	try:
		with open_run(ROOT, site, Size(orders=60, latency_s=0.1)) as run:
			batch = run.start(run.parcels, "once")
			assert run.start(run.parcels, "once") == batch, "a second click is the same batch"
			for _number in range(2):
				assert run.kill_printing(batch), "it was too fast to be killed"
				run.end_lease(batch)
			found = run.wait(batch)
			assert (found["status"], found["printed"], found["refused"], found["pages"]) == (
				"Completed",
				60,
				0,
				60,
			)

			run.ship(run.parcels)

			truth = run.list_truth()
			shown = Counter(row["waybill_no"] for order in truth for row in order["parcels"])
			assert len(shown) == 60
			assert set(shown.values()) == {1}
			assert all(row["confirmations"] == 1 for order in truth for row in order["parcels"])
			given = [row["number"] for row in run.shelf.ask("GET", "waybills")["waybills"]]
			assert sorted(given) == sorted(shown), "no second number was taken for a parcel"
			rows = frappe.get_all(
				"Shipment",
				filters={"name": ["in", run.parcels]},
				fields=["status", "printed_count"],
				order_by="name asc",
			)
			assert {(row.status, row.printed_count) for row in rows} == {("Shipped", 1)}
	finally:
		frappe.db.rollback()
		frappe.db.set_single_value("OMS Settings", "print_batch_size", 50)
		frappe.db.commit()
