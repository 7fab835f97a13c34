"""What a SKU takes from stock: itself, or the components of a bundle, nested ones taken apart. Reads only."""

from collections.abc import Iterable, Mapping

import frappe
from frappe import _

from storegroup_oms.exceptions import BundleCycleError

MOST_LEVELS = 20

Parts = Mapping[str, int]


def explode(skus: Iterable[str]) -> dict[str, dict[str, int]]:
	"""Pieces of each plain SKU that one piece of each of `skus` takes: {SKU: {component: pieces}}.

	A plain SKU takes itself once; a bundle without components takes nothing. One query for each level of nesting.
	Raises BundleCycleError where bundles contain each other.
	"""
	parts, endless = explode_sound(skus)
	if endless:
		frappe.throw(
			_(
				"SKU {0} contains itself or is nested more than {1} levels deep. Correct its components."
			).format(endless[0], MOST_LEVELS),
			exc=BundleCycleError,
			title=_("Bundle in a Circle"),
		)
	return parts


def explode_sound(skus: Iterable[str]) -> tuple[dict[str, dict[str, int]], list[str]]:
	"""As `explode`, with those apart that contain themselves or are nested too deep: (parts, their names sorted).

	For work on many SKUs at once, which one wrong bundle must not stop.
	"""
	wanted = sorted(set(skus))
	bundles = _read_bundles(wanted)
	parts: dict[str, dict[str, int]] = {}
	endless = []
	for sku in wanted:
		pieces = _take_apart(sku, bundles)
		if pieces is None:
			endless.append(sku)
		else:
			parts[sku] = pieces
	return parts, endless


def find_endless() -> list[str]:
	"""All bundles that contain themselves or are nested too deep. One query for each level of nesting."""
	bundles = frappe.get_all("SKU", filters={"is_bundle": 1}, pluck="name", order_by="name asc")
	return explode_sound(bundles)[1]


def find_users(skus: Iterable[str]) -> set[str]:
	"""The SKUs and every bundle that contains one of them, at any depth. One query for each level of nesting."""
	found = set(skus)
	level = found
	while level:
		parents = frappe.get_all(
			"SKU Component",
			filters={"sku": ["in", sorted(level)], "parenttype": "SKU"},
			pluck="parent",
			order_by="parent asc",
			distinct=True,
		)
		level = set(parents) - found
		found |= level
	return found


def _read_bundles(skus: list[str]) -> dict[str, dict[str, int]]:
	"""Direct components of every bundle that can be reached from `skus`."""
	bundles: dict[str, dict[str, int]] = {}
	level = skus
	while level:
		found = frappe.get_all(
			"SKU", filters={"name": ["in", level], "is_bundle": 1}, pluck="name", order_by="name asc"
		)
		bundles |= {sku: {} for sku in found}
		rows = found and frappe.get_all(
			"SKU Component",
			filters={"parent": ["in", found], "parenttype": "SKU"},
			fields=["parent", "sku", "qty"],
			order_by="parent asc, idx asc",
		)
		for row in rows:
			bundles[row.parent][row.sku] = bundles[row.parent].get(row.sku, 0) + row.qty
		level = sorted({row.sku for row in rows} - bundles.keys())
	return bundles


def _take_apart(sku: str, bundles: Mapping[str, Parts]) -> dict[str, int] | None:
	"""Pieces of plain SKUs; None where there is no end to it."""
	parts: dict[str, int] = {}
	left = {sku: 1}
	for _level in range(MOST_LEVELS):
		deeper: dict[str, int] = {}
		for code, count in left.items():
			if code not in bundles:
				parts[code] = parts.get(code, 0) + count
				continue
			for component, pieces in bundles[code].items():
				deeper[component] = deeper.get(component, 0) + count * pieces
		if not deeper:
			return parts
		left = deeper
	return None


def count_sets(parts: Parts, pieces: Mapping[str, int]) -> int:
	"""How many whole sets can be made of `pieces` on hand; the scarcest component decides. Never below 0."""
	return max(0, min((pieces.get(sku, 0) // count for sku, count in parts.items()), default=0))
