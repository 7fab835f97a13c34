"""Labels and lists of many parcels in one file: asked for once, printed once, taken up again when a worker dies.

Parcels are printed in chunks. Each chunk gets its numbers, then one transaction moves the parcels on and says so in
the batch, so that a second worker goes on where the first one stopped. The file is made of what the batch says. A
worker that has lost its claim on the batch writes nothing more.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, get_datetime, now_datetime

from storegroup_oms.bulk import insert_rows, reserve_names, update_rows
from storegroup_oms.couriers.waybills.issuing import ensure_waybills
from storegroup_oms.couriers.waybills.lines import Lines
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import courier_choice, parcels, steps, stops
from storegroup_oms.fulfilment.printing import pages
from storegroup_oms.fulfilment.printing.picking_order import sort_for_picking
from storegroup_oms.fulfilment.printing.sheet import is_encodable
from storegroup_oms.languages import speak_for
from storegroup_oms.transactions import run_in_latest, run_in_transaction

KINDS = ("Labels", "Packing Slips", "Pick List", "Manifest")
WAITING, WORKING, FINISHED, FAILED = "Waiting", "Working", "Completed", "Failed"
OPEN = (WAITING, WORKING)
PRINTED, REFUSED = "Printed", "Refused"
PROGRESS_EVENT = "print_progress"
LEASE_S = 90
ATTEMPTS = 3
KEEP_FILES_DAYS = 7
# Whoever has one of these may print a label as often as it takes.
UNLIMITED_ROLES = frozenset(("System Manager", "OMS Administrator", "OMS Manager"))
ROW_FIELDS = ("parent", "parenttype", "parentfield", "shipment", "status")
BATCH_FIELDS = ("kind", "status", "layout", "reprint_reason", "total", "request_key")


class ClaimLostError(Exception):
	"""Another worker has taken the batch over."""


# Asking


def create(kind: str, names: Sequence[str], key: str, layout: str | None = None, reason: str = "") -> str:
	"""Ask for parcels to be printed in one file, in pick order; returns the batch's name. A worker begins after commit.

	The same `key` of the same user is the same batch, however often it is asked for. `layout` is a Label Layout, the
	default one when empty. `reason` allows labels to be printed again. Raises InvalidValueError for an unknown kind.
	"""
	if kind not in KINDS:
		frappe.throw(_("{0} is nothing that can be printed.").format(kind), exc=InvalidValueError)
	request_key = f"{frappe.session.user}/{key}"
	(name,) = reserve_names("PB-", 6, 1)
	values = {
		"name": name,
		"kind": kind,
		"status": WAITING,
		"layout": layout or pages.find_default_layout(),
		"reprint_reason": reason.strip() or None,
		"total": len(names),
		"request_key": request_key,
	}
	insert_rows("Print Batch", [values], BATCH_FIELDS, on_duplicate=())
	stored = frappe.db.sql(
		"SELECT name FROM `tabPrint Batch` WHERE request_key = %s LOCK IN SHARE MODE", request_key
	)[0][0]
	if stored == name:
		rows = [
			{
				"name": frappe.generate_hash(length=12),
				"parent": name,
				"parenttype": "Print Batch",
				"parentfield": "parcels",
				"idx": place,
				"shipment": shipment,
				"status": WAITING,
			}
			for place, shipment in enumerate(sort_for_picking(names), 1)
		]
		insert_rows("Print Batch Parcel", rows, ROW_FIELDS)
		enqueue(name)
	return stored


def enqueue(name: str) -> None:
	"""Have a worker print a batch, after commit."""
	frappe.enqueue(
		"storegroup_oms.fulfilment.printing.batches.run",
		queue="short",
		timeout=1500,
		enqueue_after_commit=True,
		name=name,
	)


def reopen(name: str) -> bool:
	"""Have a failed batch taken up again; False when it hasn't failed. Parcels that it has printed stay printed."""
	batch = _lock(name)
	if not batch or batch.status != FAILED:
		return False
	_write(batch, status=WAITING, attempts=0, error=None)
	enqueue(name)
	return True


# Printing


def tick() -> None:
	"""Take up batches that no worker has, for the scheduler."""
	for name in find_waiting():
		enqueue(name)


def find_waiting() -> list[str]:
	"""Open batches whose claim is over, or that nobody has begun for a minute."""
	now = now_datetime()
	return frappe.db.sql_list(
		"""SELECT name FROM `tabPrint Batch` WHERE status IN %s
		AND IF(claimed_until IS NULL, creation < %s, claimed_until < %s) ORDER BY creation""",
		(OPEN, add_to_date(now, minutes=-1), now),
	)


def run(name: str) -> None:
	"""Print a batch, in the name of whoever asked for it; does nothing where another worker has it. Commits."""
	caller, language = frappe.session.user, frappe.local.lang
	batch = _claim(name)
	if batch is None:
		return
	try:
		frappe.set_user(batch.owner)
		speak_for(batch.owner)
		with Lines() as lines:
			_Run(batch, lines).work()
	except ClaimLostError:
		frappe.db.rollback()
	except Exception as error:
		frappe.db.rollback()
		frappe.log_error(title=f"Print Batch {name}")
		_give_up(batch, error)
	finally:
		frappe.set_user(caller)
		frappe.local.lang = language


def _claim(name: str) -> frappe._dict | None:
	def work() -> frappe._dict | None:
		batch = _lock(name)
		now = now_datetime()
		if not batch or batch.status not in OPEN:
			return None
		if batch.claim and get_datetime(batch.claimed_until) > now:
			return None
		batch.claim = frappe.generate_hash(length=12)
		batch.attempts = cint(batch.attempts) + 1
		batch.status = WORKING
		_write(batch, status=WORKING, claim=batch.claim, claimed_until=_get_end(), attempts=batch.attempts)
		return batch

	return run_in_latest(work)


def _give_up(batch: frappe._dict, error: Exception) -> None:
	"""A fault of ours: the batch is tried again by `tick`, the last time it says so."""

	def work() -> None:
		stored = _lock(batch.name)
		if not stored or stored.claim != batch.claim:
			return
		if batch.attempts < ATTEMPTS:
			_write(batch, claim=None, claimed_until=now_datetime())
			return
		_write(batch, status=FAILED, claim=None, claimed_until=None, error=explain_fault(error))

	run_in_transaction(work)
	_tell(batch)


def explain_fault(error: Exception) -> str:
	"""What a person is told of something unforeseen."""
	return _("Something unforeseen happened: {0}. The Error Log tells an administrator more.").format(error)


class _Run:
	"""One worker's work on a claimed batch."""

	def __init__(self, batch: frappe._dict, lines: Lines) -> None:
		self.batch = batch
		self.lines = lines
		self.limit = 0
		if not UNLIMITED_ROLES.intersection(frappe.get_roles()):
			self.limit = cint(frappe.db.get_single_value("OMS Settings", "reprint_limit")) + 1
		self.chunk = cint(frappe.db.get_single_value("OMS Settings", "print_batch_size")) or 50

	def work(self) -> None:
		waiting = [row for row in read_rows(self.batch.name) if row.status == WAITING]
		for start in range(0, len(waiting), self.chunk):
			self._print(waiting[start : start + self.chunk])
			_tell(self.batch)
		self._finish()
		_tell(self.batch)

	def _print(self, rows: Sequence[frappe._dict]) -> None:
		"""Of a chunk in which something unforeseen happens each parcel is tried alone, so that one holds up no other."""
		try:
			self._print_together(rows)
		except ClaimLostError:
			raise
		except Exception as error:
			frappe.db.rollback()
			if len(rows) > 1:
				for row in rows:
					self._print([row])
				return
			frappe.log_error(title=f"Parcel {rows[0].shipment} in Print Batch {self.batch.name}")
			self._write_rows(rows, lambda _names: {}, {rows[0].shipment: explain_fault(error)})

	def _print_together(self, rows: Sequence[frappe._dict]) -> None:
		names = [row.shipment for row in rows]
		refused: dict[str, str] = {}
		work: Callable[[list[str]], Mapping[str, str]] = PREPARING[self.batch.kind]
		if self.batch.kind == "Labels":
			refused |= run_in_latest(partial(courier_choice.ensure_couriers, names)).refused
			done = ensure_waybills([name for name in names if name not in refused], self.lines)
			refused |= done.refused
			refused |= {
				name: _("Its number {0} can't be printed as a barcode.").format(number)
				for name, number in done.numbers.items()
				if not is_encodable(number)
			}
			reason = self.batch.reprint_reason or ""
			work = partial(_mark_printed, reason=reason, limit=self.limit)
		self._write_rows(rows, work, refused)

	def _write_rows(
		self,
		rows: Sequence[frappe._dict],
		work: Callable[[list[str]], Mapping[str, str]],
		refused: Mapping[str, str],
	) -> None:
		def write() -> None:
			self._keep()
			why = dict(refused) | dict(work([row.shipment for row in rows if row.shipment not in refused]))
			_write_results(self.batch.name, rows, why)

		run_in_latest(write)

	def _keep(self) -> None:
		"""Lock the batch and keep the claim for another while. Raises ClaimLostError."""
		stored = _lock(self.batch.name)
		if not stored or stored.claim != self.batch.claim:
			raise ClaimLostError
		_write(self.batch, claimed_until=_get_end())

	def _finish(self) -> None:
		"""Make the file; a parcel that can't be drawn goes back before print."""
		rows = [row for row in read_rows(self.batch.name) if row.status == PRINTED]
		document, broken = pages.render_all(self.batch, rows)
		if broken:
			run_in_latest(partial(self._take_back, rows, broken))
		run_in_transaction(partial(self._store, document, rows))

	def _take_back(self, rows: Sequence[frappe._dict], broken: Mapping[str, str]) -> None:
		self._keep()
		if self.batch.kind == "Labels":
			steps.undo_print(broken)
		_write_results(self.batch.name, [row for row in rows if row.shipment in broken], broken)

	def _store(self, document: pages.Document, rows: Sequence[frappe._dict]) -> None:
		self._keep()
		remarks = [
			{"name": row.name, "remark": document.remarks[row.shipment]}
			for row in rows
			if row.shipment in document.remarks
		]
		update_rows("Print Batch Parcel", remarks, ("remark",), stamps=False)
		_write(
			self.batch,
			status=FINISHED,
			claim=None,
			claimed_until=None,
			finished_at=now_datetime(),
			error=None,
			pages=document.pages,
			file=_attach(self.batch.name, document.content) if document.pages else None,
		)


def _mark_printed(names: list[str], reason: str, limit: int) -> Mapping[str, str]:
	return steps.mark_printed(names, again=bool(reason), limit=limit, reason=reason).refused


def _check_live(names: list[str]) -> Mapping[str, str]:
	"""Why parcels get no slip and no place on a pick list."""
	locked = parcels.lock_parcels(names)
	stopped = parcels.find_stops_of(locked)
	refused = {name: stops.explain(codes) for name, codes in stopped.items()}
	for name in names:
		parcel = locked.parcels.get(name)
		if not parcel or parcel.row.status == "Cancelled":
			refused[name] = _("It is cancelled.")
	return refused


def _check_handed_over(names: list[str]) -> Mapping[str, str]:
	"""Why parcels are not on a manifest."""
	locked = parcels.lock_parcels(names)
	refused = {}
	for name in names:
		parcel = locked.parcels.get(name)
		if not parcel or parcel.row.status in ("Cancelled", "To Print") or not parcel.row.waybill_no:
			refused[name] = _("It has no label, so it can't be handed over.")
	return refused


PREPARING: Mapping[str, Callable[[list[str]], Mapping[str, str]]] = {
	"Labels": partial(_mark_printed, reason="", limit=0),
	"Packing Slips": _check_live,
	"Pick List": _check_live,
	"Manifest": _check_handed_over,
}


# Rows


def read_rows(name: str) -> list[frappe._dict]:
	"""The parcels of a batch in the order of the pages: name, idx, shipment, waybill_no, status, print_no, remark."""
	return frappe.db.sql(
		"""SELECT name, idx, shipment, waybill_no, status, print_no, remark FROM `tabPrint Batch Parcel`
		WHERE parent = %s AND parenttype = 'Print Batch' ORDER BY idx""",
		name,
		as_dict=True,
	)


def _write_results(name: str, rows: Sequence[frappe._dict], refused: Mapping[str, str]) -> None:
	parcels_now = {
		row.name: row
		for row in frappe.db.sql(
			"SELECT name, waybill_no, printed_count FROM tabShipment WHERE name IN %s",
			[[row.shipment for row in rows]],
			as_dict=True,
		)
	}
	results = []
	for row in rows:
		parcel = parcels_now.get(row.shipment) or frappe._dict()
		why = refused.get(row.shipment)
		results.append(
			{
				"name": row.name,
				"waybill_no": parcel.waybill_no,
				"print_no": cint(parcel.printed_count) if why is None else 0,
				"status": PRINTED if why is None else REFUSED,
				"remark": why,
			}
		)
	update_rows("Print Batch Parcel", results, ("waybill_no", "print_no", "status", "remark"), stamps=False)
	frappe.db.sql(
		"""UPDATE `tabPrint Batch` batch JOIN (
			SELECT SUM(status = 'Printed') AS printed, SUM(status = 'Refused') AS refused
			FROM `tabPrint Batch Parcel` WHERE parent = %(name)s AND parenttype = 'Print Batch'
		) counted SET batch.printed = counted.printed, batch.refused = counted.refused WHERE batch.name = %(name)s""",
		{"name": name},
	)


def _lock(name: str) -> frappe._dict | None:
	found = frappe.db.sql(
		"""SELECT name, owner, kind, status, layout, reprint_reason, claim, claimed_until, attempts
		FROM `tabPrint Batch` WHERE name = %s FOR UPDATE""",
		name,
		as_dict=True,
	)
	return found[0] if found else None


def _write(batch: frappe._dict, **values) -> None:
	update_rows("Print Batch", [{"name": batch.name, **values}], tuple(values))


def _get_end():
	return add_to_date(now_datetime(), seconds=LEASE_S)


def _attach(name: str, content: bytes) -> str:
	"""Keep the file with the batch, readable by whoever reads the batch; returns its address."""
	document = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": f"{name}.pdf",
			"is_private": 1,
			"content": content,
			"attached_to_doctype": "Print Batch",
			"attached_to_name": name,
			"attached_to_field": "file",
		}
	)
	document.insert(
		ignore_permissions=True
	)  # who asked for the batch may print, which is all the file is for
	return document.file_url


def _tell(batch: frappe._dict) -> None:
	"""Progress for whoever asked: {batch, status, total, printed, refused}."""
	fields = ["status", "total", "printed", "refused"]
	stored = frappe.db.get_value("Print Batch", batch.name, fields, as_dict=True)
	if stored:
		frappe.publish_realtime(PROGRESS_EVENT, {"batch": batch.name, **stored}, user=batch.owner)


def clear_files() -> None:
	"""Delete the files of batches after a week: they name receivers. What was printed stays on record. For the scheduler."""
	before = add_to_date(now_datetime(), days=-KEEP_FILES_DAYS)
	for name in frappe.get_all(
		"Print Batch",
		filters={"file": ["is", "set"], "finished_at": ["<", before]},
		pluck="name",
		order_by="finished_at asc",
		limit=500,
	):
		for file in frappe.get_all(
			"File",
			filters={"attached_to_doctype": "Print Batch", "attached_to_name": name},
			pluck="name",
			order_by="name asc",
		):
			frappe.delete_doc("File", file, ignore_permissions=True, force=True)  # the scheduler cleans up
		frappe.db.set_value("Print Batch", name, "file", None, update_modified=False)
		frappe.db.commit()
