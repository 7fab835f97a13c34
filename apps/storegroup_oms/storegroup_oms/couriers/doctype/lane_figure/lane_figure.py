"""How long a courier takes from a warehouse to a province; reckoned from delivered parcels each day, a cache."""

import frappe
from frappe.model.document import Document


class LaneFigure(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		courier: DF.Link | None
		median_hours: DF.Float
		p90_hours: DF.Float
		parcels: DF.Int
		pickup_hours: DF.Float
		province: DF.Data | None
		warehouse: DF.Link | None

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_index("Lane Figure", ["courier", "province", "warehouse"])
