"""Batches that must not be sold: expired, or with fewer days left than their SKU asks for.

Such a batch carries a mark, and its pieces count as `blocked` in their balances, so that nobody is promised them. Both
change in one transaction, by movements of the ledger; the self-proof compares them. The database tells which
marks are wrong today, so that a day that ends, another date and another rule all come to the same.
"""

from collections.abc import Iterable, Sequence
from functools import partial

import frappe
from frappe import _
from frappe.utils import format_date, nowdate

from storegroup_oms.bulk import update_rows
from storegroup_oms.inventory import ledger, releasing
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.locks import Key, lock_balances
from storegroup_oms.transactions import run_in_latest

SHALL_BE = (
	"(goods.has_batches = 1 AND batch.expires_on < DATE_ADD(%(today)s, INTERVAL goods.min_sale_days DAY))"
)
BATCHES = "FROM `tabStock Batch` batch JOIN tabSKU goods ON goods.name = batch.sku"


def find_wrong() -> dict[str, list[str]]:
	"""Batches whose mark is not what the day asks for, by SKU. Empty when all is well."""
	rows = frappe.db.sql(
		f"SELECT batch.sku, batch.name {BATCHES} WHERE batch.is_blocked != {SHALL_BE} ORDER BY batch.sku, batch.name",
		{"today": nowdate()},
	)
	found: dict[str, list[str]] = {}
	for sku, name in rows:
		found.setdefault(sku, []).append(name)
	return found


def settle(names: Iterable[str]) -> list[str]:
	"""Give batches the mark that today asks for and move their pieces into or out of `blocked`. Never commits.

	Promises that can't be kept any more are taken back; returns the orders that lost some. Batches whose mark is
	right are passed over.
	"""
	wanted = sorted(set(names))
	if not wanted:
		return []
	balances = lock_balances(place for _batch, place, _count in _read_pieces(wanted))
	changing = _lock_changing(wanted)
	pieces = _read_pieces(list(changing))
	# A place that got its first pieces since the look before the lock.
	balances |= lock_balances(place for _batch, place, _count in pieces if place not in balances)
	movements = [_make_movement(changing[batch], place, count) for batch, place, count in pieces]
	update_rows(
		"Stock Batch",
		[{"name": name, "is_blocked": row.shall_be} for name, row in sorted(changing.items())],
		("is_blocked",),
	)
	ledger.post(movements, balances)
	shut = {move.place for move in movements if move.blocked > 0}
	return releasing.shed(shut, _("Batch not for sale"))


def _read_pieces(batches: Sequence[str]) -> list[tuple[str, Key, int]]:
	# A plain read could miss what was committed since this transaction began.
	rows = frappe.db.sql(
		"""SELECT batch, sku, warehouse, on_hand FROM `tabStock Batch Balance`
		WHERE batch IN %s AND on_hand != 0 ORDER BY batch, warehouse LOCK IN SHARE MODE""",
		[list(batches) or [""]],
	)
	return [(batch, (sku, warehouse), count) for batch, sku, warehouse, count in rows]


def _lock_changing(names: Sequence[str]) -> dict[str, frappe._dict]:
	"""Those of the batches that change, locked: nobody moves their pieces until the transaction ends."""
	rows = frappe.db.sql(
		f"""SELECT batch.name, batch.batch_no, batch.expires_on, batch.is_blocked, {SHALL_BE} AS shall_be {BATCHES}
		WHERE batch.name IN %(names)s ORDER BY batch.name FOR UPDATE""",
		{"names": names, "today": nowdate()},
		as_dict=True,
	)
	return {row.name: row for row in rows if row.is_blocked != row.shall_be}


def _make_movement(batch: frappe._dict, place: Key, count: int) -> Movement:
	return Movement(
		*place,
		"Block" if batch.shall_be else "Unblock",
		blocked=count if batch.shall_be else -count,
		source=("Stock Batch", batch.name),
		reason=_("Batch {0} expires on {1}").format(batch.batch_no, format_date(batch.expires_on))[:140],
		batch=batch.name,
	)


# Jobs


def run() -> list[str]:
	"""Settle all batches whose mark is wrong, SKU by SKU; returns the orders that lost stock. Commits.

	An SKU that fails is logged and holds up no other.
	"""
	lost: list[str] = []
	for sku, names in find_wrong().items():
		try:
			lost += run_in_latest(partial(settle, names))
		except Exception:
			frappe.db.rollback()
			frappe.log_error(
				title="Batches could not be settled", reference_doctype="SKU", reference_name=sku
			)
			frappe.db.commit()
	return lost


def tick() -> None:
	"""The scheduler's entry, each minute: a job where there is work, as after midnight."""
	if find_wrong():
		enqueue()


def note_sku(doc, method: str | None = None) -> None:
	"""A SKU was saved; a hook of SKU."""
	if any(doc.has_value_changed(field) for field in ("has_batches", "min_sale_days")):
		enqueue()


def enqueue() -> None:
	"""Have all batches looked at in the background, after commit."""
	frappe.enqueue(
		"storegroup_oms.inventory.expiry.run",
		queue="short",
		job_id="stock_expiry",
		deduplicate=True,
		enqueue_after_commit=True,
	)
