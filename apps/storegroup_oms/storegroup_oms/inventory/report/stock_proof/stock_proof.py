"""Where stock doesn't add up: each difference with what is wrong in words, and what became of it."""

import frappe
from frappe import _
from frappe.utils import format_datetime

from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.inventory.drifts import describe

FIELDS = (
	"name",
	"sku",
	"warehouse",
	"kind",
	"status",
	"expected",
	"found",
	"units",
	"order",
	"found_at",
	"ended_at",
	"repaired_by",
	"repair_reason",
	"repair_note",
)
AMOUNTS = ("amount_expected", "amount_found")
FILTERS = ("status", "sku", "warehouse", "kind")
MOST_ROWS = 2_000


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], str]:
	"""Columns, differences of the user's scope (newest first, at most 2,000), and when stock was last proven.

	Filters: status, sku, warehouse, kind; without a status the open ones.
	"""
	# Nothing else: a condition on an amount would tell the amount.
	wanted = {key: str(filters[key]) for key in FILTERS if filters and filters.get(key)}
	shown = [*FIELDS, *(field for field in AMOUNTS if field not in get_hidden_fields("Stock Drift"))]
	rows = frappe.get_list(
		"Stock Drift",
		filters={"status": "Open", **wanted},
		fields=shown,
		order_by="units desc, found_at desc",
		limit=MOST_ROWS,
	)
	for row in rows:
		row.words = describe(row)
		row.status = _(row.status)
	return _make_columns("amount_found" in shown), rows, get_message()


def _make_columns(with_amounts: bool) -> list[dict]:
	columns = [
		_column("sku", _("SKU"), "Link", 140, "SKU"),
		_column("warehouse", _("Warehouse"), "Link", 120, "Warehouse"),
		_column("words", _("What Is Wrong"), "Data", 420),
		_column("expected", _("Should Be"), "Int", 90),
		_column("found", _("Is"), "Int", 80),
		_column("units", _("Units out of Balance"), "Int", 110),
		_column("order", _("Order"), "Link", 130, "Order"),
		_column("found_at", _("Found At"), "Datetime", 150),
		_column("status", _("Status"), "Data", 90),
		_column("ended_at", _("Ended At"), "Datetime", 150),
		_column("repaired_by", _("Repaired By"), "Link", 140, "User"),
		_column("repair_reason", _("Reason for the Repair"), "Data", 160),
		_column("repair_note", _("What Was Done"), "Data", 260),
	]
	if with_amounts:
		columns[6:6] = [
			_column("amount_expected", _("Value That Should Be"), "Currency", 120),
			_column("amount_found", _("Value That Is"), "Currency", 120),
		]
	return columns


def _column(field: str, label: str, kind: str, width: int, options: str = "") -> dict:
	return {"fieldname": field, "label": label, "fieldtype": kind, "width": width, "options": options}


def get_message() -> str:
	"""When stock was last compared as a whole, and since then in part."""
	sentences = []
	for scope in ("Whole", "Moved"):
		rows = frappe.get_all(
			"Stock Proof",
			filters={"scope": scope},
			fields=["ended_at", "balances", "ledger_rows"],
			order_by="started_at desc",
			limit=1,
		)
		for row in rows:
			when = format_datetime(row.ended_at)
			sentences.append(
				_("Whole stock last proven at {0}: {1} balances, {2} ledger rows.").format(
					when, row.balances, row.ledger_rows
				)
				if scope == "Whole"
				else _("What moved last proven at {0}.").format(when)
			)
	return " ".join(sentences) or _("Stock has not been proven yet.")
