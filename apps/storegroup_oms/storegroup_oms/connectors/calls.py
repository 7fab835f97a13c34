"""The record of every call to a platform: collected while a job runs, written many at a time.

The only writer of `Connector Call`.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone

from storegroup_oms.bulk import insert_rows
from storegroup_oms.connectors.http import CallRecord

FIELDS = (
	"shop",
	"api",
	"outcome",
	"called_at",
	"duration_ms",
	"attempts",
	"error_code",
	"error_message",
	"request_id",
)


class CallLog:
	"""Calls of one shop in one job. `add` may be called from several threads."""

	def __init__(self, shop: str) -> None:
		self.shop = shop
		self.records: deque[CallRecord] = deque()

	def add(self, record: CallRecord) -> None:
		self.records.append(record)

	def write(self) -> int:
		"""Insert what was collected and commit it; returns how many rows. Rolls back what was open before."""
		return write_logs([self])


def write_logs(logs: Iterable[CallLog]) -> int:
	"""Insert what was collected and commit it; returns how many rows. Rolls back what was open before.

	A job commits its work before it ends; what is open here belongs to work that failed.
	"""
	zone = ZoneInfo(get_system_timezone())
	rows = []
	for log in logs:
		while log.records:  # one by one, as threads may add more meanwhile
			rows.append(_make_row(log.shop, log.records.popleft(), zone))
	if not rows:
		return 0
	frappe.db.rollback()
	written = insert_rows("Connector Call", rows, FIELDS)
	frappe.db.commit()
	return written


def _make_row(shop: str, record: CallRecord, zone: ZoneInfo) -> dict:
	return {
		"name": frappe.generate_hash(length=16),
		"shop": shop,
		"api": record.api[:140],
		"outcome": record.outcome,
		"called_at": datetime.fromtimestamp(record.started_at, zone).replace(tzinfo=None),
		"duration_ms": record.duration_ms,
		"attempts": record.attempts,
		"error_code": record.error_code[:140],
		"error_message": record.error_message,
		"request_id": record.request_id[:140],
	}
