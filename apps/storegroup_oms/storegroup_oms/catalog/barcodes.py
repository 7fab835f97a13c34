"""What a scanner reads, or a person types, to the SKU that it means. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass

import frappe


@dataclass(frozen=True)
class Found:
	"""The SKU of a code; one scan of the code stands for `pieces` of it."""

	sku: str
	sku_name: str
	is_bundle: bool
	pieces: int = 1


def find_codes(codes: Iterable[str]) -> dict[str, Found]:
	"""SKUs by barcode, further barcode or SKU code, in this order: {code as given: Found}; unknown ones are missing.

	White space around a code and the case of its letters don't count. Three queries, however many codes.
	"""
	given = {code: _clean(code) for code in codes}
	wanted = sorted({code for code in given.values() if code})
	if not wanted:
		return {}
	skus = frappe.get_all(
		"SKU",
		filters={"name": ["in", wanted]},
		fields=["name", "sku_name", "is_bundle"],
		order_by="name asc",
	)
	main = frappe.get_all(
		"SKU",
		filters={"barcode": ["in", wanted]},
		fields=["barcode", "name", "sku_name", "is_bundle"],
		order_by="name asc",
	)
	known = {_fold(row.name): Found(row.name, row.sku_name, bool(row.is_bundle)) for row in skus}
	known |= _find_further(wanted)
	known |= {_fold(row.barcode): Found(row.name, row.sku_name, bool(row.is_bundle)) for row in main}
	return {code: known[_fold(text)] for code, text in given.items() if _fold(text) in known}


def _find_further(codes: list[str]) -> dict[str, Found]:
	rows = frappe.db.sql(
		"""SELECT further.barcode, further.pack_qty, sku.name, sku.sku_name, sku.is_bundle
		FROM `tabSKU Barcode` further JOIN tabSKU sku ON sku.name = further.parent
		WHERE further.barcode IN %s AND further.parenttype = 'SKU' ORDER BY sku.name""",
		[codes],
		as_dict=True,
	)
	return {
		_fold(row.barcode): Found(row.name, row.sku_name, bool(row.is_bundle), max(row.pack_qty or 1, 1))
		for row in rows
	}


def _clean(code: str) -> str:
	return (code or "").strip()


def _fold(code: str) -> str:
	# As the database compares.
	return code.casefold()
