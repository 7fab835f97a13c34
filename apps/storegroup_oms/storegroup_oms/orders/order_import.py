"""Order-report files: checked first, then loaded, with every refused row and its reason.

Runs in the background; owns its transactions (one commit per batch) and the figures on `Order Import`.
Reading and judging a file is `orders.importing`, writing orders is `orders.intake`.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from io import BytesIO

import frappe
from frappe import _

from storegroup_oms.exceptions import ImportStateError
from storegroup_oms.orders import intake
from storegroup_oms.orders.importing import (
	CanonicalOrder,
	ImportFileError,
	Mapping,
	OrderParser,
	ParseOptions,
	RejectWriter,
	RowError,
	Table,
	open_table,
	parse_table,
	recognise,
	suggest_mapping,
)
from storegroup_oms.orders.importing.layouts import ALL_FIELDS, normalise_heading
from storegroup_oms.transactions import run_in_transaction

BATCH_SIZE = 1_000
SAMPLE_ERRORS = 200
PROGRESS_EVERY_S = 0.4
EVENT = "order_import_progress"
MANDATORY_FIELDS = ("platform_order_no", "ordered_at", "total_amount")


def enqueue(name: str, dry_run: bool) -> None:
	"""Mark the import as running and start it in the background after commit; twice is once.

	Raises ImportStateError when it runs already, or when a file is to be loaded that was not checked.
	"""
	document = frappe.get_doc("Order Import", name, for_update=True)
	if document.status in ("Checking", "Loading"):
		frappe.throw(
			_("Import {0} is running. Wait until it has ended.").format(name),
			exc=ImportStateError,
			title=_("Import Is Running"),
		)
	if not dry_run and document.status != "Checked":
		frappe.throw(
			_("Check the file of import {0} first, then load it.").format(name),
			exc=ImportStateError,
			title=_("File Not Checked"),
		)
	document.db_set({"status": "Checking" if dry_run else "Loading", "progress": 0, "error_message": None})
	frappe.enqueue(
		"storegroup_oms.orders.order_import.run",
		queue="long",
		timeout=3600,
		job_id=f"order_import:{name}",
		deduplicate=True,
		enqueue_after_commit=True,
		name=name,
		dry_run=dry_run,
	)


def run(name: str, dry_run: bool, on_progress: Callable[[int, int], None] | None = None) -> dict:
	"""Check (dry run) or load the file of an import; returns the figures that were stored on it. Commits.

	A file that is refused as a whole ends as Failed with its reason and nothing written. Any other
	error ends as Failed too and is raised again for the job's log; batches written before it stay, and
	loading the file again goes on without doubling any.
	"""
	frappe.set_user_lang(frappe.session.user)  # a job starts in the site's language
	document = frappe.get_doc("Order Import", name)
	if document.status in ("Draft", "Failed", "Checked", "Loaded"):
		document.db_set({"status": "Checking" if dry_run else "Loading", "error_message": None})
	try:
		figures = _Run(document, dry_run, on_progress).execute()
	except ImportFileError as error:
		frappe.db.rollback()
		figures = _fail(document, _translate(error.message_template, error.params))
	except Exception:
		frappe.db.rollback()
		_fail(
			document,
			_("The import stopped. The error log of {0} says why; load it again to go on.").format(name),
		)
		frappe.db.commit()
		raise
	frappe.db.commit()
	_publish(document, 100, status=figures["status"])
	return figures


def _fail(document, message: str) -> dict:
	figures = {"status": "Failed", "error_message": message, "finished_at": frappe.utils.now_datetime()}
	document.db_set(figures)
	return figures


def _translate(template: str, values: tuple) -> str:
	return _(template).format(*values)


def describe(error: RowError) -> str:
	"""All reasons of one refused order in the user's language."""
	return " ".join(_translate(problem.message_template, problem.args) for problem in error.problems)


def _publish(document, percent: float, message: str | None = None, status: str | None = None) -> None:
	frappe.publish_realtime(
		EVENT,
		{"name": document.name, "progress": percent, "message": message, "status": status},
		user=frappe.session.user,
	)


class _Run:
	"""One pass over one file; holds what the figures need and nothing of the orders."""

	def __init__(self, document, dry_run: bool, on_progress: Callable[[int, int], None] | None) -> None:
		self.document = document
		self.dry_run = dry_run
		self.on_progress = on_progress
		self.started = time.monotonic()
		self.started_at = frappe.utils.now_datetime()
		self.reported = 0.0
		self.counts = intake.SaveResult()
		self.orders = self.unpaid = self.rejected_rows = 0
		self.total = self.paid = self.refunded = Decimal(0)
		self.sample: list[dict] = []
		self.rejects: RejectWriter | None = None
		self.reject_file = BytesIO()

	def execute(self) -> dict:
		table = open_table(get_path(self.document))
		mapping, layout = find_mapping(self.document, table)
		platform = frappe.db.get_value("Shop", self.document.shop, "platform")
		options = ParseOptions(platform, self.document.paid_without_status)
		parser = parse_table(table, mapping, options)
		for batch in self._read_batches(parser, table):
			self._take(batch)
			self._report(parser)
		figures = self._make_figures(parser, layout, mapping, fingerprint_headings(table.headings))
		self.document.db_set(figures)
		return figures

	def _read_batches(self, parser: OrderParser, table: Table) -> Iterator[list[CanonicalOrder]]:
		batch: list[CanonicalOrder] = []
		for result in parser:
			if isinstance(result, RowError):
				self._reject(result, table)
				continue
			batch.append(result)
			if len(batch) >= BATCH_SIZE:
				yield batch
				batch = []
		yield batch

	def _take(self, batch: list[CanonicalOrder]) -> None:
		shop = self.document.shop
		if self.dry_run:
			self.counts.add(intake.count_changes(shop, batch))
		else:
			# A batch is one transaction: loading again goes on after it.
			save = partial(intake.save_orders, shop, batch, "Import", self.document.name)
			self.counts.add(run_in_transaction(save))
		for order in batch:
			self.orders += 1
			self.unpaid += order.paid_at is None
			self.total += order.total_amount
			self.paid += order.paid_amount
			self.refunded += order.refund_amount

	def _reject(self, error: RowError, table: Table) -> None:
		if self.rejects is None:
			self.rejects = RejectWriter(self.reject_file, table.headings, describe)
		self.rejects.write(error)
		self.rejected_rows += max(len(error.row_nos), 1)
		for problem in error.problems:
			if len(self.sample) < SAMPLE_ERRORS:
				rows = problem.row_nos or error.row_nos
				self.sample.append(
					{
						"row": ", ".join(map(str, rows[:5])),
						"column": problem.heading,
						"value": problem.value,
						"reason": _translate(problem.message_template, problem.args),
					}
				)

	def _report(self, parser: OrderParser) -> None:
		if self.on_progress:
			self.on_progress(parser.rows_read, parser.total_rows)
		now = time.monotonic()
		if now - self.reported < PROGRESS_EVERY_S:
			return
		self.reported = now
		percent = 99 * parser.rows_read / max(parser.total_rows, 1)
		message = _("{0} of {1} rows").format(parser.rows_read, parser.total_rows)
		_publish(self.document, percent, message)

	def _make_figures(self, parser: OrderParser, layout: str, mapping: Mapping, fingerprint: str) -> dict:
		seconds = max(time.monotonic() - self.started, 0.001)
		return {
			"status": "Checked" if self.dry_run else "Loaded",
			"layout": layout,
			"heading_fingerprint": fingerprint,
			"mapping": json.dumps(mapping.columns, ensure_ascii=False),
			"progress": 100,
			"rows": parser.total_rows,
			"orders": self.orders,
			"new_orders": self.counts.new,
			"changed_orders": self.counts.changed,
			"unchanged_orders": self.counts.unchanged,
			"rejected_rows": self.rejected_rows,
			"unpaid_orders": self.unpaid,
			"total_amount": self.total,
			"paid_amount": self.paid,
			"refund_amount": self.refunded,
			"rows_per_second": round(parser.total_rows / seconds, 1),
			"started_at": self.started_at,
			"finished_at": frappe.utils.now_datetime(),
			"rejected_file": self._attach_rejects(),
			"sample_errors": json.dumps(self.sample, ensure_ascii=False) if self.sample else None,
			"error_message": None,
		}

	def _attach_rejects(self) -> str | None:
		if self.rejects is None:
			return None
		self.rejects.close()
		file = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": f"{self.document.name}-rejected.csv",
				"attached_to_doctype": "Order Import",
				"attached_to_name": self.document.name,
				"is_private": 1,
				"content": self.reject_file.getvalue(),
			}
		)
		file.insert(ignore_permissions=True)  # the person may import without a right to create files
		return file.file_url


def get_path(document) -> str:
	"""Path of the attached file. Raises ImportFileError when there is no such file on this site."""
	name = frappe.db.get_value("File", {"file_url": document.file}, "name", order_by="creation desc")
	if not name:
		raise ImportFileError("file_missing", document.file)
	return frappe.get_doc("File", name).get_full_path()


def find_mapping(document, table: Table) -> tuple[Mapping, str]:
	"""The columns of a file and what to call its layout: the shop's own mapping first, then the known layouts.

	Raises ImportFileError when neither fits; the form then offers to map the columns.
	"""
	remembered = frappe.db.get_value(
		"Order Import Layout",
		{"shop": document.shop, "heading_fingerprint": fingerprint_headings(table.headings)},
		["mapping", "layout_name"],
		as_dict=True,
	)
	if remembered:
		columns = frappe.parse_json(remembered.mapping)
		return Mapping(dict(columns)), remembered.layout_name or _("Own columns")
	match = recognise(table.headings)
	if match is None:
		missing = map(get_field_label, suggest_mapping(table.headings).missing_fields())
		raise ImportFileError("missing_columns", ", ".join(_(label) for label in missing) or "?")
	if match.missing:
		raise ImportFileError("missing_columns", ", ".join(match.missing))
	return match.mapping, match.layout.key


def fingerprint_headings(headings: tuple[str, ...]) -> str:
	"""Equal for files with the same headings in any order, case and width."""
	text = "\n".join(sorted(normalise_heading(heading) for heading in headings))
	return hashlib.sha256(text.encode()).hexdigest()[:40]


def get_headings(document) -> dict:
	"""What the form needs to map columns: headings, suggestion {our field: heading}, fields with labels."""
	table = open_table(get_path(document))
	return {
		"headings": list(table.headings),
		"suggestion": suggest_mapping(table.headings).columns,
		"fields": [
			{"fieldname": name, "label": get_field_label(name), "reqd": name in MANDATORY_FIELDS}
			for name in ALL_FIELDS
		],
	}


def get_field_label(fieldname: str) -> str:
	"""The label of one of our fields as the order's form shows it, in English."""
	known = {
		"balance_amount": "Paid from Balance",
		"payable_amount": "Amount Payable",
		"platform_token": "Platform Receiver Token",
		"platform_discount_amount": "Platform Discount",
		"sku_code": "SKU Code",
		"spec": "Specification",
		"line_discount_amount": "Line Discount",
		"line_amount": "Line Amount",
		"line_refund_status": "Line Refund Status",
		"platform_item_id": "Platform Item",
		"platform_sku_id": "Platform SKU",
	}
	if fieldname in known:
		return known[fieldname]
	for doctype in ("Order", "Order Item"):
		label = frappe.get_meta(doctype).get_label(fieldname)
		if label and label != "No Label":
			return label
	return fieldname


def remember_mapping(document, columns: dict[str, str]) -> str:
	"""Keep a mapping for the shop and this kind of file; returns the layout's name. Raises ImportFileError."""
	table = open_table(get_path(document))
	bound = Mapping.from_json(json.dumps({"columns": columns})).bind(table.headings)
	fingerprint = fingerprint_headings(table.headings)
	name = frappe.db.get_value(
		"Order Import Layout", {"shop": document.shop, "heading_fingerprint": fingerprint}, "name"
	)
	layout = frappe.get_doc("Order Import Layout", name) if name else frappe.new_doc("Order Import Layout")
	layout.update(
		{
			"shop": document.shop,
			"heading_fingerprint": fingerprint,
			"layout_name": layout.layout_name or _("Columns of {0}").format(document.shop),
			"headings": json.dumps(list(table.headings), ensure_ascii=False),
			"mapping": json.dumps(bound.columns, ensure_ascii=False),
		}
	)
	layout.save()
	return layout.layout_name
