"""Goods that one alert rule has found, from when it did until it no longer does.

Written by `inventory.alerts` only.
"""

import frappe
from frappe.model.document import Document


class StockAlert(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		alert_key: DF.Data | None
		available: DF.Int
		closed_at: DF.Datetime | None
		kind: DF.Literal["Below Threshold", "Days of Cover", "Over-stock", "Slow Mover"]
		limit_value: DF.Float
		opened_at: DF.Datetime | None
		rule: DF.Link
		sku: DF.Link
		status: DF.Literal["Open", "Closed"]
		task: DF.Link | None
		value: DF.Float
		warehouse: DF.Link | None

	# end: auto-generated types


def on_doctype_update() -> None:
	frappe.db.add_index("Stock Alert", ["status", "sku"])
	frappe.db.add_index("Stock Alert", ["status", "opened_at"])
