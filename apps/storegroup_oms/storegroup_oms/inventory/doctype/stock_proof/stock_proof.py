"""One comparison of stock balances with their ledger and reservations: what was compared, and how much differed.

Written by `inventory.proof` only; Log Settings clears old rows.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class StockProof(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		balances: DF.Int
		drifts: DF.Int
		ended_at: DF.Datetime | None
		ledger_rows: DF.Int
		lines: DF.Int
		scope: DF.Literal["Whole", "Moved", "Chosen"]
		started_at: DF.Datetime
		units: DF.Int

	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 90) -> None:
		"""Delete comparisons that began more than `days` days ago; Log Settings calls this."""
		proof = frappe.qb.DocType("Stock Proof")
		frappe.qb.from_(proof).delete().where(proof.started_at < add_days(now_datetime(), -days)).run()
