"""Endpoints of printing: labels and lists of many parcels in one file, how far it is, a sample of a layout."""

from collections.abc import Sequence

import frappe
from frappe import _
from frappe.utils import cint

from storegroup_oms.api.parcels import require_parcels
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment.printing import batches, pages, samples
from storegroup_oms.permissions import require_permission

MOST_KEY = 64


@frappe.whitelist(methods=["POST"])
def prepare(shipments: list | str) -> dict:
	"""What a person has to know before printing labels of parcels.

	{total, printed: how many were printed before, without_courier, stopped, layouts: [{name, size}], layout: the default}
	"""
	names = require_parcels(shipments)
	counted = frappe.db.sql(
		"""SELECT COUNT(*) AS total, SUM(printed_count > 0) AS printed, SUM(IFNULL(courier, '') = '') AS without_courier,
		SUM(IFNULL(stop_reasons, '') != '') AS stopped FROM tabShipment WHERE name IN %s""",
		[names],
		as_dict=True,
	)[0]
	layouts = frappe.get_list("Label Layout", fields=["name", "size"], order_by="is_default desc, name asc")
	found = {key: cint(value) for key, value in counted.items()}
	return {**found, "layouts": layouts, "layout": pages.find_default_layout()}


@frappe.whitelist(methods=["POST"])
def start(kind: str, shipments: list | str, key: str, layout: str | None = None, reason: str = "") -> dict:
	"""Have a worker print parcels in one file; the same `key` again is the same batch. As `get_progress`."""
	names = require_parcels(shipments)
	if not key or len(key) > MOST_KEY:
		_refuse(_("The request has no key. Reload the page."))
	if layout:
		require_permission("Label Layout", "read", layout)
	return _read_progress(batches.create(kind, names, key, layout, reason))


@frappe.whitelist(methods=["GET"])
def get_progress(batch: str) -> dict:
	"""How far a batch is: {batch, kind, status, total, printed, refused, pages, file, error, left, remarks}.

	`left` are the parcels that were refused, `remarks` those to look at: [{shipment, remark}].
	"""
	require_permission("Print Batch", "read", batch)
	return _read_progress(batch)


@frappe.whitelist(methods=["POST"])
def try_again(batch: str) -> dict:
	"""Have a failed batch taken up again where it stopped. As `get_progress`."""
	require_permission("Shipment", "write")
	require_permission("Print Batch", "read", batch)
	if not batches.reopen(batch):
		_refuse(_("{0} has not failed.").format(batch))
	return _read_progress(batch)


@frappe.whitelist(methods=["GET"])
def show_sample(layout: str) -> None:
	"""A label of nobody's parcel in a layout, as a PDF."""
	require_permission("Label Layout", "read", layout)
	frappe.local.response.filename = f"{layout}.pdf"
	frappe.local.response.filecontent = samples.render_sample(layout)
	frappe.local.response.type = "pdf"


def _read_progress(batch: str) -> dict:
	fields = ["name as batch", "kind", "status", "total", "printed", "refused", "pages", "file", "error"]
	stored = frappe.get_all("Print Batch", filters={"name": batch}, fields=fields, order_by="name asc")[0]
	rows = batches.read_rows(batch) if stored.status in (batches.FINISHED, batches.FAILED) else []
	return {
		**stored,
		"left": _list(rows, batches.REFUSED),
		"remarks": _list(rows, batches.PRINTED),
		"shipments": [row.shipment for row in rows if row.status == batches.PRINTED],
	}


def _list(rows: Sequence[frappe._dict], status: str) -> list[dict]:
	return [
		{"shipment": row.shipment, "remark": row.remark}
		for row in rows
		if row.status == status and row.remark
	]


def _refuse(message: str) -> None:
	frappe.throw(message, exc=InvalidValueError, title=_("Can't Print"))
