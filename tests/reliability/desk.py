"""The desk's side of a run: its shops made, its records asked how far they are, everything removed again."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.tests.factories import create_shop, create_sku, make_suffix
from storegroup_oms.tests.races import remove_parcels

from .truth import CHINA

# Found by shop; what hangs on their orders and customers goes with them.
OF_SHOP = (
	"Dedicated Stock",
	"Stock Push",
	"After-sale Case",
	"Pull Window",
	"Connector Event",
	"Connector Call",
	"Quarantined Order",
	"Listing",
	"Task",
	"Order",
)
OF_ORDER = (("Order Item", "parent"), ("Order Receiver", "order"), ("Order Event", "order"))
SPOKEN = ("Connector Call", "Connector Event", "Pull Window", "Quarantined Order")
LEASE_MINUTES = 20


class Desk:
	"""Shops of one run. `names` are the desk's names of the platforms' shops, by shop id."""

	def __init__(self, codes: Sequence[str]) -> None:
		self.codes = codes
		self.names: dict[str, str] = {}
		self.first_days = frappe.db.get_single_value("OMS Settings", "first_pull_days")
		self.started_at = now_datetime()

	def create_shops(self, shops: Iterable[dict], gateway_url: str, poll_seconds: int) -> None:
		"""One day of the past is read; `poll_seconds` 0 leaves the pace to the product. Commits."""
		for code in self.codes:
			create_sku(code)
		for shop in shops:
			document = create_shop(
				platform=shop["platform"],
				shop_name=f"{shop['name']} {make_suffix()}",
				platform_shop_id=shop["shop_id"],
				gateway_url=gateway_url,
				app_key=shop["app_key"],
				app_secret=shop["app_secret"],
				session_token=shop["access_token"],
				refresh_token=shop["refresh_token"],
				token_expires_at=datetime.fromtimestamp(shop["token_expires_at"], CHINA).replace(tzinfo=None),
				poll_seconds=poll_seconds,
			)
			self.names[shop["shop_id"]] = document.name
		frappe.db.set_single_value("OMS Settings", "first_pull_days", 1)
		frappe.db.commit()

	def list_unsettled(self, moment: datetime, lags: dict[str, timedelta]) -> list[str]:
		"""What is still to be done before all that had happened until `moment` (site time) is on the desk.

		`lags` is how far a platform's lists stay behind the present, by shop. Windows that were planned after
		`moment` are another day's work.
		"""
		frappe.db.rollback()
		shops = list(self.names.values())
		waiting = frappe.db.count(
			"Connector Event", {"shop": ["in", shops], "status": ["in", ["Received", "Retry"]]}
		)
		found = [f"{waiting} messages wait"] if waiting else []
		for shop in shops:
			reached = moment - lags.get(shop, timedelta())
			mark = frappe.db.get_value("Shop", shop, "complete_up_to")
			if not mark or mark < reached:
				found.append(f"{shop}: orders are complete up to {mark}")
			if not self._has_refunds(shop, moment, reached):
				found.append(f"{shop}: refunds are not complete")
		return found

	def _has_refunds(self, shop: str, moment: datetime, reached: datetime) -> bool:
		filters = {"shop": shop, "feed": "Refunds", "from_time": ["<=", reached]}
		is_open = {**filters, "creation": ["<=", moment], "status": ["!=", "Complete"]}
		is_covered = {**filters, "to_time": [">=", reached], "status": "Complete"}
		return not frappe.db.exists("Pull Window", is_open) and bool(
			frappe.db.exists("Pull Window", is_covered)
		)

	def find_faults(self) -> list[str]:
		"""Whatever is not as it should be at the end: windows, messages, marks, timelines."""
		frappe.db.rollback()
		return [*self._find_lost_windows(), *self._find_failed_events(), *self._find_wrong_timelines()]

	def _find_lost_windows(self) -> Iterator[str]:
		"""Windows that are neither complete nor due again soon by themselves."""
		rows = frappe.get_all(
			"Pull Window",
			filters={"shop": ["in", list(self.names.values())], "status": ["!=", "Complete"]},
			fields=["name", "shop", "feed", "status", "due_at", "missing", "error_code"],
			order_by="name asc",
		)
		latest = add_to_date(now_datetime(), minutes=LEASE_MINUTES)
		for row in rows:
			if not row.due_at or row.due_at > latest:
				yield f"window {row.name} of {row.shop}: {row.status}, due {row.due_at}, {row.missing} missing"

	def _find_failed_events(self) -> Iterator[str]:
		rows = frappe.get_all(
			"Connector Event",
			filters={"shop": ["in", list(self.names.values())], "status": ["not in", ["Done", "Ignored"]]},
			fields=["name", "shop", "status", "object_no", "error_code", "attempts"],
			order_by="name asc",
		)
		for row in rows:
			yield f"message {row.name} of {row.shop}: {row.status} {row.error_code} after {row.attempts}"

	def _find_wrong_timelines(self) -> Iterator[str]:
		rows = frappe.db.sql(
			"""SELECT `order`.name, COUNT(event.name) FROM tabOrder `order`
			LEFT JOIN `tabOrder Event` event ON event.`order` = `order`.name AND event.event = 'Order received'
			WHERE `order`.shop IN %s GROUP BY `order`.name HAVING COUNT(event.name) != 1""",
			[list(self.names.values())],
		)
		for name, count in rows:
			yield f"order {name} was received {count} times by its timeline"

	def list_quarantined(self) -> list[frappe._dict]:
		frappe.db.rollback()
		return frappe.get_all(
			"Quarantined Order",
			filters={"shop": ["in", list(self.names.values())]},
			fields=["name", "shop", "platform_order_no", "status", "reason_code", "path", "payload"],
			order_by="name asc",
		)

	def find_secrets(self, secrets: Iterable[str], files: Iterable[Path]) -> list[str]:
		"""Places where one of the secrets can be read: records of the connectors, error logs, log files."""
		frappe.db.rollback()
		wanted = [secret for secret in secrets if secret]
		places = [
			f"{doctype} {row['name']}"
			for doctype, condition in (
				*((doctype, "shop IN %(shops)s") for doctype in SPOKEN),
				("Error Log", "creation >= %(since)s"),
				("Shop", "name IN %(shops)s"),
				("Task", "shop IN %(shops)s"),
			)
			for row in frappe.db.sql(
				f"SELECT * FROM `tab{doctype}` WHERE {condition}",
				{"shops": list(self.names.values()), "since": self.started_at},
				as_dict=True,
			)
			if _tells(json.dumps(row, default=str), wanted)
		]
		return places + [file.name for file in files if _tells(file.read_text(errors="replace"), wanted)]

	def list_errors(self) -> list[str]:
		"""Titles of the error logs that were written since the start."""
		frappe.db.rollback()
		rows = frappe.get_all(
			"Error Log",
			filters={"creation": [">=", self.started_at]},
			fields=["method", "error"],
			order_by="creation asc",
		)
		return [f"{row.method}: {(row.error or '').strip().splitlines()[-1:]}" for row in rows]

	def count_orders(self) -> int:
		frappe.db.rollback()
		return frappe.db.count("Order", {"shop": ["in", list(self.names.values())]})

	def remove(self) -> None:
		"""Delete all that the run has made. Commits."""
		frappe.db.rollback()
		shops = list(self.names.values())
		frappe.db.set_single_value("OMS Settings", "first_pull_days", self.first_days)
		if shops:
			customers = frappe.db.sql(
				"SELECT DISTINCT customer FROM tabOrder WHERE shop IN %s", [shops], pluck=True
			)
			customers = [name for name in customers if name]
			remove_parcels(frappe.get_all("Order", {"shop": ["in", shops]}, pluck="name", order_by="name"))
			for doctype, column in OF_ORDER:
				frappe.db.sql(
					f"DELETE child FROM `tab{doctype}` child JOIN tabOrder owner ON owner.name = child.`{column}`"
					" WHERE owner.shop IN %s",
					[shops],
				)
			for doctype in OF_SHOP:
				frappe.db.delete(doctype, {"shop": ["in", shops]})
			for doctype, column in (("Customer Identity", "parent"), ("Customer", "name")):
				for start in range(0, len(customers), 1000):
					frappe.db.delete(doctype, {column: ["in", customers[start : start + 1000]]})
			frappe.db.sql("DELETE FROM `__Auth` WHERE doctype = 'Shop' AND name IN %s", [shops])
			frappe.db.delete("Shop", {"name": ["in", shops]})
		frappe.db.delete("SKU", {"name": ["in", list(self.codes)]})
		frappe.db.delete("Error Log", {"creation": [">=", self.started_at]})
		frappe.db.commit()


def _tells(text: str, secrets: Iterable[str]) -> bool:
	return any(secret in text for secret in secrets)
