"""Stock counts from their start to their posting: which SKUs, what differs, who approves, what the ledger gets.

What is counted in between is in `counting`. An SKU in a warehouse is in one open count, by a unique key. Locks:
the count, then balances, then reservations. Never commits but for `run_posting`, which is a job.
"""

from collections.abc import Iterable, Sequence

import frappe
from frappe import _
from frappe.utils import escape_html, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.catalog.barcodes import find_codes
from storegroup_oms.exceptions import InsufficientStockError, InvalidValueError
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory import ledger, releasing
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.sheets import refuse
from storegroup_oms.transactions import run_in_latest

DOCTYPE, LINE = "Stock Count", "Stock Count Line"
LINE_FIELDS = (
	"stock_count",
	"sku",
	"warehouse",
	"bin_location",
	"status",
	"is_added",
	"start_entry_no",
	"open_key",
)
APPROVERS = ("OMS Manager", "OMS Administrator", "System Manager")
# More lines than this are posted by a job, so many in one transaction.
BATCH = 500
EVENT = "stock_count_progress"


def start(name: str) -> int:
	"""Open a draft for counting; returns how many SKUs there are to count.

	Raises InvalidValueError where nothing fits or an SKU is in another open count.
	"""
	count = lock_count(name, ("Draft",))
	# Two counts that start at once wait here for each other.
	frappe.db.sql("SELECT name FROM tabWarehouse WHERE name = %s FOR UPDATE", count.warehouse)
	rows = _find_places(count)
	if not rows:
		_refuse(_("Nothing in warehouse {0} fits what is to be counted.").format(count.warehouse))
	refuse_doubles(count, [row.sku for row in rows])
	insert_rows(LINE, [make_line(count, row) for row in rows], LINE_FIELDS)
	count.db_set({"status": "Counting", "line_count": len(rows), "started_at": now_datetime()})
	return len(rows)


def lock_count(name: str, statuses: Sequence[str]):
	"""The count, locked until the transaction ends. Raises InvalidValueError where it is in another status."""
	count = frappe.get_doc(DOCTYPE, name, for_update=True)
	status = count.status
	if status not in statuses or count.docstatus:
		_refuse(_("Stock count {0} is in status {1}; this can't be done now.").format(name, _(status)))
	return count


def _refuse(message: str) -> None:
	frappe.throw(message, exc=InvalidValueError, title=_("Stock Count"))


def _find_places(count) -> list[frappe._dict]:
	"""Balances to count: {sku, bin_location, entry_no}; listed SKUs also where there is no balance."""
	conditions, values = ["balance.warehouse = %(warehouse)s"], {"warehouse": count.warehouse}
	listed = _read_list(count.sku_list or "")
	if listed:
		conditions.append("balance.sku IN %(skus)s")
		values["skus"] = listed
	else:
		conditions.append("balance.on_hand != 0")
	if count.category:
		conditions.append("sku.category = %(category)s")
		values["category"] = count.category
	if count.bin_prefix:
		conditions.append("LEFT(balance.bin_location, CHAR_LENGTH(%(bin)s)) = %(bin)s")
		values["bin"] = count.bin_prefix
	if count.moved_since:
		conditions.append("balance.last_movement_at >= %(since)s")
		values["since"] = count.moved_since
	found = frappe.db.sql(
		f"""SELECT balance.sku, balance.bin_location, balance.entry_no FROM `tabStock Balance` balance
		JOIN tabSKU sku ON sku.name = balance.sku AND sku.is_bundle = 0
		WHERE {" AND ".join(conditions)} ORDER BY balance.sku""",
		values,
		as_dict=True,
	)
	only_listed = not (count.category or count.bin_prefix or count.moved_since)
	missing = sorted(set(listed) - {row.sku for row in found}) if only_listed else []
	return [*found, *(frappe._dict(sku=sku, bin_location=None, entry_no=0) for sku in missing)]


def _read_list(text: str) -> list[str]:
	"""SKUs of the codes in a text, one a line. Raises InvalidValueError that names unknown ones and bundles."""
	codes = [line.strip() for line in text.splitlines() if line.strip()]
	found = find_codes(codes)
	refuse(
		[
			_("Row {0}: {1}").format(
				number,
				_("{0} is a bundle and has no stock of its own. Give its components.").format(code)
				if code in found
				else _("{0} is neither a SKU nor a barcode.").format(code),
			)
			for number, code in enumerate(codes, 1)
			if code not in found or found[code].is_bundle
		]
	)
	return sorted({row.sku for row in found.values()})


def make_line(count, row: frappe._dict, is_added: bool = False) -> dict:
	"""A line of an open count for {sku, bin_location, entry_no}."""
	return {
		"name": make_row_name("count line", count.name, row.sku),
		"stock_count": count.name,
		"sku": row.sku,
		"warehouse": count.warehouse,
		"bin_location": row.bin_location,
		"status": "To Count",
		"is_added": int(is_added),
		"start_entry_no": row.entry_no,
		"open_key": make_row_name("count", row.sku, count.warehouse),
	}


def refuse_doubles(count, skus: Iterable[str]) -> None:
	"""Raise InvalidValueError where one of the SKUs is in another open count of the warehouse."""
	keys = sorted(make_row_name("count", sku, count.warehouse) for sku in skus)
	# A plain read would miss a count that was started since this transaction began.
	rows = frappe.db.sql(
		f"""SELECT stock_count, sku FROM `tab{LINE}` WHERE open_key IN %s AND stock_count != %s
		ORDER BY sku LIMIT 5 LOCK IN SHARE MODE""",
		(keys, count.name),
	)
	if rows:
		skus_named = ", ".join(escape_html(sku) for _count, sku in rows)
		_refuse(
			_(
				"Stock count {0} of warehouse {1} is open and counts {2} too. Finish it first, or give it up."
			).format(rows[0][0], count.warehouse, skus_named)
		)


def finish(name: str, missing_is_zero: bool = False) -> dict:
	"""End the counting: what differs is found and waits for approval.

	Lines that nobody counted are left out, or with `missing_is_zero` counted as nothing there. Returns
	{differences, pieces} of the count; pieces without signs. Raises InvalidValueError.
	"""
	count = lock_count(name, ("Counting",))
	if missing_is_zero:
		frappe.db.sql(
			f"""UPDATE `tab{LINE}` line LEFT JOIN `tabStock Balance` balance
			ON balance.sku = line.sku AND balance.warehouse = line.warehouse
			SET line.status = 'Counted', line.counted_qty = 0, line.counted_at = %s, line.counted_by = %s,
			line.book_qty = IFNULL(balance.on_hand, 0), line.entry_no = IFNULL(balance.entry_no, 0)
			WHERE line.stock_count = %s AND line.status IN ('To Count', 'Recount')""",
			(now_datetime(), frappe.session.user, name),
		)
	else:
		frappe.db.sql(
			f"UPDATE `tab{LINE}` SET status = 'Skipped' WHERE stock_count = %s AND status IN ('To Count', 'Recount')",
			name,
		)
	frappe.db.sql(
		f"""UPDATE `tab{LINE}` line LEFT JOIN `tabStock Balance` balance
		ON balance.sku = line.sku AND balance.warehouse = line.warehouse
		SET line.difference = line.counted_qty - line.book_qty,
		line.difference_value = ROUND((line.counted_qty - line.book_qty) * IFNULL(balance.average_cost, 0), 2)
		WHERE line.stock_count = %s AND line.status = 'Counted'""",
		name,
	)
	lines, counted, differences, pieces, value = _sum_up(name)
	if not counted:
		_refuse(_("Nothing has been counted yet."))
	count.db_set(
		{
			"status": "To Approve",
			"line_count": lines,
			"counted_count": counted,
			"difference_count": differences,
			"difference_pieces": pieces,
			"difference_value": value,
			"finished_at": now_datetime(),
			"error_message": None,
		}
	)
	return {"differences": differences, "pieces": pieces}


def _sum_up(name: str) -> tuple:
	rows = frappe.db.sql(
		f"""SELECT COUNT(*), IFNULL(SUM(status = 'Counted'), 0), IFNULL(SUM(status = 'Counted' AND difference != 0), 0),
		IFNULL(SUM(IF(status = 'Counted', ABS(difference), 0)), 0),
		IFNULL(SUM(IF(status = 'Counted', difference_value, 0)), 0)
		FROM `tab{LINE}` WHERE stock_count = %s""",
		name,
	)
	lines, counted, differences, pieces, value = rows[0]
	return int(lines), int(counted), int(differences), int(pieces), value


def count_again(name: str) -> int:
	"""Open the lines that differ, or moved while they were counted, for a second count; returns how many."""
	count = lock_count(name, ("To Approve",))
	frappe.db.sql(
		f"""UPDATE `tab{LINE}` SET status = 'Recount', first_qty = counted_qty, tallies = NULL, has_moved = 0
		WHERE stock_count = %s AND status = 'Counted' AND (difference != 0 OR has_moved = 1)""",
		name,
	)
	again = frappe.db.count(LINE, {"stock_count": name, "status": "Recount"})
	if not again:
		_refuse(_("No line of stock count {0} differs.").format(name))
	count.db_set({"status": "Counting", "counted_count": count.counted_count - again})
	return again


def give_up(name: str) -> None:
	"""End a count without any effect on stock; its SKUs may be counted by another one."""
	count = lock_count(name, ("Counting", "To Approve"))
	frappe.db.sql(f"UPDATE `tab{LINE}` SET open_key = NULL WHERE stock_count = %s", name)
	count.db_set("status", "Given Up")


def assert_may_post(count) -> None:
	"""Raises InvalidValueError where the count isn't finished, PermissionError where a manager has to approve it."""
	if count.status not in ("To Approve", "Posting"):
		_refuse(_("Finish counting {0} first.").format(count.name))
	limits = frappe.get_cached_doc("OMS Settings")
	stored = frappe.db.get_value(DOCTYPE, count.name, ["difference_pieces", "difference_value"], as_dict=True)
	is_small = (stored.difference_pieces or 0) <= (limits.count_limit_pieces or 0) and abs(
		stored.difference_value or 0
	) <= (limits.count_limit_value or 0)
	is_approver = frappe.session.user == "Administrator" or set(APPROVERS) & set(frappe.get_roles())
	if not is_small and not is_approver:
		frappe.throw(
			_("The differences of {0} are so large that a manager has to approve them.").format(count.name),
			exc=frappe.PermissionError,
			title=_("Approval Needed"),
		)


def post(name: str) -> str:
	"""Post what differs: at once, or by a job where there are many lines; returns the new status."""
	count = lock_count(name, ("To Approve",))
	assert_may_post(count)
	if frappe.db.count(LINE, {"stock_count": name, "status": "Counted"}) <= BATCH:
		count.submit()
		return "Posted"
	count.db_set({"status": "Posting", "error_message": None})
	frappe.enqueue(
		"storegroup_oms.inventory.counts.run_posting",
		queue="long",
		timeout=3600,
		job_id=f"stock_count:{name}",
		deduplicate=True,
		enqueue_after_commit=True,
		name=name,
	)
	return "Posting"


def run_posting(name: str) -> None:
	"""Post a large count in batches, each a transaction of its own; begun again, it goes on where it stopped. Commits."""
	total = frappe.db.count(LINE, {"stock_count": name, "status": "Counted"}) or 1
	done = 0
	try:
		while posted := run_in_latest(lambda: _post_batch(name)):
			done += posted
			_publish(name, min(99, done * 100 // total))
		run_in_latest(lambda: frappe.get_doc(DOCTYPE, name).submit())
	except InsufficientStockError as error:
		frappe.db.rollback()
		frappe.db.set_value(DOCTYPE, name, {"status": "To Approve", "error_message": str(error)})
		frappe.db.commit()
	_publish(name, 100)


def _publish(name: str, percent: int) -> None:
	frappe.publish_realtime(EVENT, {"name": name, "progress": percent}, user=frappe.session.user)


def post_rest(count) -> None:
	"""Post all lines of a count that are not posted yet, and close it."""
	while _post_batch(count.name):
		pass
	frappe.db.sql(f"UPDATE `tab{LINE}` SET open_key = NULL WHERE stock_count = %s", count.name)
	count.db_set({"status": "Posted", "posted_at": now_datetime(), "posted_by": frappe.session.user})


def _post_batch(name: str) -> int:
	"""Post up to BATCH counted lines; returns how many. Orders that lose stock are added to the count's list."""
	rows = frappe.db.sql(
		f"""SELECT name, sku, warehouse, difference FROM `tab{LINE}`
		WHERE stock_count = %s AND status = 'Counted' ORDER BY sku LIMIT {BATCH} FOR UPDATE""",
		name,
		as_dict=True,
	)
	if not rows:
		return 0
	movements = [
		Movement(
			row.sku,
			row.warehouse,
			"Stocktake",
			qty=row.difference,
			source=(DOCTYPE, name),
			reason=_("Stock count {0}").format(name),
			key=f"count:{name}:{row.sku}",
		)
		for row in rows
		if row.difference
	]
	ledger.post(movements)
	lost = releasing.shed([movement.place for movement in movements], name) if movements else []
	if lost:
		known = (frappe.db.get_value(DOCTYPE, name, "lost_orders") or "").split()
		frappe.db.set_value(DOCTYPE, name, "lost_orders", "\n".join(sorted({*known, *lost})))
	update_rows(LINE, [{"name": row.name, "status": "Posted"} for row in rows], ["status"])
	frappe.db.sql(
		f"""UPDATE `tabStock Balance` balance JOIN `tab{LINE}` line
		ON line.sku = balance.sku AND line.warehouse = balance.warehouse
		SET balance.counted_at = line.counted_at WHERE line.name IN %s""",
		[[row.name for row in rows]],
	)
	return len(rows)
