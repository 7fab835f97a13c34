"""Stock entries: checked as a whole, posted once, undone by a reversing entry.

The rows of an entry become movements under keys made of its name and their numbers, so that a repeated call posts
nothing twice. What comes later for a transfer is in `transfers`. Never commits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.catalog.barcodes import find_codes
from storegroup_oms.exceptions import InvalidValueError, Shortage
from storegroup_oms.inventory import batches, ledger, notices, releasing
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.locks import Balance, Key, lock_balances
from storegroup_oms.inventory.sheets import MOST_PIECES, read_whole, refuse
from storegroup_oms.inventory.warehouses import create_defective

DOCTYPE = "Stock Entry"
MOST_ROWS = 2_000
NEEDS_REASON = ("Issue", "Adjustment", "Damage")
TO_DEFECTIVE = ("Return to Defective", "Damage")
# Their rows say what is so, whatever had been promised.
FACT_KINDS = ("Adjustment", "Damage")
REASON_CHARS = 140


def fill_rows(entry) -> None:
	"""Put the SKU to rows that carry a barcode only, and add up the pieces."""
	by_code = find_codes(row.barcode for row in entry.items if row.barcode and not row.sku)
	for row in entry.items:
		if not row.sku and row.barcode in by_code:
			row.sku = by_code[row.barcode].sku
	entry.total_qty = sum(read_whole(row.qty) or 0 for row in entry.items)


def check_entry(entry) -> None:
	"""Refuse an entry that can't be posted, with all that is wrong, rows by their numbers and codes.

	Raises InvalidValueError.
	"""
	refuse([*_find_head_problems(entry), *_find_row_problems(entry)])


def _find_head_problems(entry) -> Iterable[str]:
	if entry.kind == "Reversal" and not entry.flags.is_reversal:
		yield _("A reversal is made with the button Reverse of the entry that it takes back.")
	for name in filter(None, (entry.warehouse, entry.to_warehouse)):
		if entry.kind != "Reversal" and not frappe.db.get_value("Warehouse", name, "is_active"):
			yield _("Warehouse {0} is switched off.").format(name)
	if entry.kind == "Transfer" and not entry.to_warehouse:
		yield _("Say to which warehouse the goods go.")
	if entry.to_warehouse and entry.to_warehouse == entry.warehouse:
		yield _("Goods can't be transferred from warehouse {0} to itself.").format(entry.warehouse)
	if entry.to_warehouse and entry.kind not in ("Transfer", "Reversal", *TO_DEFECTIVE):
		yield _("Only a transfer has a warehouse that it goes to.")
	if entry.kind == "Adjustment" and not entry.direction:
		yield _("Say whether the adjustment adds pieces or takes them off.")
	if entry.kind in NEEDS_REASON and not entry.reason_code:
		yield _("Choose the reason.")
	if len(entry.items) > MOST_ROWS:
		yield _("An entry has at most {0} rows. Split it.").format(MOST_ROWS)


def _find_row_problems(entry) -> Iterable[str]:
	known = {
		row.name: row
		for row in frappe.get_all(
			"SKU",
			filters={"name": ["in", sorted({row.sku for row in entry.items if row.sku})]},
			fields=["name", "is_bundle", "has_batches"],
			order_by="name asc",
		)
	}
	wrong_batches = {}
	if entry.kind != "Reversal":
		batched = {name: row.has_batches for name, row in known.items()}
		wrong_batches = batches.find_row_problems(entry, batched)
	seen: dict[tuple, int] = {}
	for row in entry.items:
		qty = read_whole(row.qty)
		# What arrives of a transfer is told by SKU.
		is_transfer = entry.kind == "Transfer"
		place = (row.sku,) if is_transfer else (row.sku, row.bin_location or "", row.batch_no or "")
		problem = ""
		# Frappe 15 doesn't check a link whose record gives another field its value.
		if row.sku not in known:
			code = row.sku or row.barcode or _("An empty code")
			problem = _("{0} is neither a SKU nor a barcode.").format(code)
		elif known[row.sku].is_bundle and entry.kind != "Reversal":
			problem = _("{0} is a bundle and has no stock of its own. Give its components.").format(row.sku)
		elif qty is None or not 0 < qty <= MOST_PIECES:
			problem = _("{0}: {1} is not a whole number of pieces.").format(row.sku, row.qty)
		elif place in seen:
			problem = _("{0} is in row {1} already.").format(row.sku, seen[place])
		problem = problem or wrong_batches.get(row.idx, "")
		if problem:
			yield _("Row {0}: {1}").format(row.idx, problem)
		else:
			row.qty = qty
			seen[place] = row.idx


def post_entry(entry) -> None:
	"""Post a submitted entry; its status, costs and bins follow. Orders whose stock is gone are named on it.

	Raises InsufficientStockError with all shortages where more would leave than is free.
	"""
	if entry.kind == "Reversal":
		_post_reversal(entry)
		return
	if entry.kind in TO_DEFECTIVE and not entry.to_warehouse:
		entry.db_set("to_warehouse", create_defective(entry.warehouse))
	batches.ensure_batches({(row.sku, row.batch_no): row.expires_on for row in entry.items if row.batch_no})
	places = [place for place in (entry.warehouse, entry.to_warehouse) if place]
	balances = lock_balances((row.sku, place) for row in entry.items for place in places)
	costs = _find_costs(entry, balances)
	ledger.post(_make_movements(entry, costs), balances)
	lost = []
	if entry.kind in FACT_KINDS:
		lost = releasing.shed([(row.sku, entry.warehouse) for row in entry.items], make_reason(entry))
	_store(entry, costs, balances)
	entry.db_set(
		{
			"status": "On the Way" if is_sent(entry) else "Posted",
			"posted_at": now_datetime(),
			"posted_by": frappe.session.user,
			"lost_orders": "\n".join(lost) or None,
		}
	)


def is_sent(entry) -> bool:
	"""True when the goods of an entry are on the way before they arrive."""
	return entry.kind == "Transfer" and not entry.at_once


def make_reason(entry) -> str:
	"""What the ledger's rows say of why: the coded reason and the explanation, at most 140 characters."""
	return ": ".join(filter(None, (entry.reason_code, entry.reason)))[:REASON_CHARS]


def _make_movements(entry, costs: Mapping[str, Decimal | None]) -> list[Movement]:
	reason, source = make_reason(entry), (DOCTYPE, entry.name)
	return [
		Movement(
			row.sku,
			warehouse,
			kind,
			qty=sign * row.qty,
			in_transit=transit * row.qty,
			unit_cost=costs[row.name] if sign > 0 else None,
			source=source,
			reason=reason,
			key=f"entry:{entry.name}:{row.idx}:{leg}",
			batch=get_batch(row),
		)
		for leg, (warehouse, kind, sign, transit) in enumerate(_get_legs(entry))
		for row in entry.items
	]


def get_batch(row) -> str | None:
	"""Name of the batch that a row names."""
	return batches.make_name(row.sku, row.batch_no) if row.batch_no else None


def _get_legs(entry) -> list[tuple[str, str, int, int]]:
	"""Where each row moves: (warehouse, kind of movement, sign of on hand, sign of in transit)."""
	here, there = entry.warehouse, entry.to_warehouse
	if entry.kind == "Transfer":
		arrival = (there, "Transfer In", 1, 0) if entry.at_once else (there, "Transfer Out", 0, 1)
		return [(here, "Transfer Out", -1, 0), arrival]
	return {
		"Receipt": [(here, "Receipt", 1, 0)],
		"Issue": [(here, "Issue", -1, 0)],
		"Adjustment": [(here, "Adjustment", 1 if entry.direction == "Add" else -1, 0)],
		"Return to Good": [(here, "Return", 1, 0)],
		"Return to Defective": [(there, "Return", 1, 0)],
		"Damage": [(here, "Damage", -1, 0), (there, "Damage", 1, 0)],
	}[entry.kind]


def _find_costs(entry, balances: Mapping[Key, Balance]) -> dict[str, Decimal]:
	"""Unit cost of what comes in, by row: as typed, else the average where it comes from, else the SKU's cost price."""
	prices = dict(
		frappe.get_all(
			"SKU",
			filters={"name": ["in", sorted({row.sku for row in entry.items})]},
			fields=["name", "cost_price"],
			order_by="name asc",
			as_list=True,
		)
	)
	given = entry.kind not in ("Transfer", "Damage")
	costs = {}
	for row in entry.items:
		typed = Decimal(str(row.unit_cost or 0)) if given else Decimal(0)
		price = Decimal(str(prices.get(row.sku) or 0))
		costs[row.name] = typed or balances[row.sku, entry.warehouse].cost or price
	return costs


def _store(entry, costs: Mapping[str, Decimal], balances: Mapping[Key, Balance]) -> None:
	rows = [{"name": row.name, "unit_cost": costs[row.name]} for row in entry.items]
	update_rows("Stock Entry Item", rows, ["unit_cost"])
	arrives = entry.kind in ("Receipt", "Return to Good") or (entry.kind == "Transfer" and entry.at_once)
	if arrives:
		set_bins(entry.items, entry.to_warehouse or entry.warehouse, balances)


def set_bins(items: Iterable, warehouse: str, balances: Mapping[Key, Balance]) -> None:
	"""Remember the bins that rows name as those of their SKUs in a warehouse."""
	bins = {
		balances[row.sku, warehouse].name: row.bin_location.strip()
		for row in items
		if (row.bin_location or "").strip()
	}
	rows = [{"name": name, "bin_location": place} for name, place in sorted(bins.items())]
	update_rows("Stock Balance", rows, ["bin_location"])


def create_receipt(warehouse: str, pieces: Mapping[str, object], request_id: str, reference: str = "") -> str:
	"""Post a receipt of {SKU: pieces}; returns its name, that of the first one where the request was made before."""
	if not request_id.strip():
		refuse([_("The request has no ID.")])
	if existing := frappe.db.get_value(DOCTYPE, {"request_id": request_id, "warehouse": warehouse}):
		return existing
	entry = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"kind": "Receipt",
			"warehouse": warehouse,
			"reference": reference.strip()[:REASON_CHARS],
			"request_id": request_id[:REASON_CHARS],
			"items": [{"sku": sku, "qty": count} for sku, count in pieces.items()],
		}
	)
	entry.insert()
	entry.submit()
	return entry.name


def reverse(name: str, reason: str) -> str:
	"""Take back all that an entry has moved, by an entry of its own; returns the new one's name.

	Raises InvalidValueError where the entry isn't posted or is a reversal or reversed already, and
	InsufficientStockError where the goods are gone or promised by now.
	"""
	entry = frappe.get_doc(DOCTYPE, name, for_update=True)
	problem = ""
	if entry.docstatus != 1:
		problem = _("Stock entry {0} has not been posted: change or delete it instead.").format(name)
	elif entry.kind == "Reversal":
		problem = _("Stock entry {0} is a reversal. Make a new entry instead.").format(name)
	elif entry.reversed_by:
		problem = _("Stock entry {0} has been reversed by {1} already.").format(name, entry.reversed_by)
	elif not reason.strip():
		problem = _("Say why the entry is reversed.")
	if problem:
		frappe.throw(problem, exc=InvalidValueError, title=_("Can't Be Reversed"))
	reversal = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"kind": "Reversal",
			"warehouse": entry.warehouse,
			"to_warehouse": entry.to_warehouse,
			"reason_code": "Correction",
			"reason": reason.strip()[:REASON_CHARS],
			"reversal_of": name,
			"items": [
				{field: row.get(field) for field in ("sku", "qty", "bin_location", "batch_no")}
				for row in entry.items
			],
		}
	)
	reversal.flags.is_reversal = True
	reversal.insert()
	reversal.submit()
	entry.db_set({"status": "Reversed", "reversed_by": reversal.name})
	notices.close_task(get_task_key(name))
	return reversal.name


def get_task_key(name: str) -> str:
	"""Key of the task about the differences of a transfer."""
	return f"transfer:{name}"


def _post_reversal(entry) -> None:
	# A plain read could miss what was received since this transaction began.
	rows = frappe.db.sql(
		"""SELECT name, sku, warehouse, qty_change, in_transit_change, unit_cost, batch FROM `tabStock Ledger`
		WHERE source_name = %s AND source_doctype = %s ORDER BY sku, warehouse, entry_no DESC LOCK IN SHARE MODE""",
		(entry.reversal_of, DOCTYPE),
		as_dict=True,
	)
	movements = [
		Movement(
			row.sku,
			row.warehouse,
			"Reversal",
			qty=-row.qty_change,
			in_transit=-row.in_transit_change,
			unit_cost=Decimal(str(row.unit_cost or 0)) if row.qty_change < 0 else None,
			source=(DOCTYPE, entry.name),
			reason=make_reason(entry),
			key=f"reversal:{row.name}",
			reversal_of=row.name,
			batch=row.batch,
		)
		for row in rows
	]
	balances = lock_balances(movement.place for movement in movements)
	_refuse_promised(movements, balances)
	ledger.post(movements, balances)
	entry.db_set({"status": "Posted", "posted_at": now_datetime(), "posted_by": frappe.session.user})


def _refuse_promised(movements: Iterable[Movement], balances: Mapping[Key, Balance]) -> None:
	"""A reversal takes nothing that orders have been promised."""
	negative = ledger.check_movements(list(movements))
	leaves = Counter()
	blocked = batches.find_blocked({movement.batch for movement in movements if movement.batch})
	for movement in movements:
		# Of what must not be sold nothing is promised.
		if movement.batch not in blocked:
			leaves[movement.place] -= movement.qty
	if short := [
		Shortage(sku, warehouse, count, max(balances[sku, warehouse].free, 0))
		for (sku, warehouse), count in sorted(leaves.items())
		if count > 0 and count > balances[sku, warehouse].free and warehouse not in negative
	]:
		ledger.refuse_shortages(short)
