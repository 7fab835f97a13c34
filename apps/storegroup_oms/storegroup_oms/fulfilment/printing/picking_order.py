"""In which order parcels and goods are picked. `sort_for_picking` reads the parcels' items, the rest is pure."""

import re
from collections.abc import Iterable

import frappe
from frappe.utils import cint


def sort_for_picking(names: Iterable[str]) -> list[str]:
	"""Parcels as they are best picked: those of one SKU first, alike ones together, along the bins."""
	wanted = list(dict.fromkeys(names))
	goods: dict[str, list[tuple]] = {name: [] for name in wanted}
	for parent, sku, place, qty in frappe.db.sql(
		"""SELECT parent, sku, bin_location, qty FROM `tabShipment Item`
		WHERE parent IN %s AND parenttype = 'Shipment' AND qty > 0""",
		[wanted or [""]],
	):
		goods[parent].append((split_numbers(place), sku, cint(qty)))
	return sorted(wanted, key=lambda name: (len(goods[name]) > 1, sorted(goods[name]), name))


def split_numbers(text: str | None) -> tuple[tuple[int, str, int], ...]:
	"""A key that sorts `A-2` before `A-10`, and empty texts last."""
	if not text:
		return ((1, "", 0),)
	return tuple(
		(0, "", int(part)) if part.isdecimal() else (0, part, 0) for part in re.findall(r"\d+|\D+", text)
	)
