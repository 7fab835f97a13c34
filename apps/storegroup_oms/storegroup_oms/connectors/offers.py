"""What each listing shall show now, from stock, orders and rules. Reads only; `offer_rules` holds the sum itself."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe.utils import cint

from storegroup_oms.catalog import bundles
from storegroup_oms.connectors import demand
from storegroup_oms.connectors.demand import Dedication, Demand
from storegroup_oms.connectors.offer_rules import (
	Offer,
	Pieces,
	Rule,
	Stop,
	get_rush_pieces,
	keep_back,
	make_offer,
)
from storegroup_oms.inventory.warehouses import SELLING_KINDS

# Kinds of warehouses that ship for every shop; others count for the shops that name them.
SHARED_KINDS = ("Own", "Third Party")
# Until a shop's pushes have been measured.
ASSUMED_DELAY_MS = 2_000
LISTINGS = """SELECT listing.name, listing.shop, listing.sku, listing.status, listing.stock_stopped, listing.own_stock_rule,
	listing.stock_percentage, listing.stock_buffer, listing.stock_minimum, listing.stock_maximum,
	shop.stock_percentage AS shop_percentage, shop.stock_buffer AS shop_buffer, shop.stock_minimum AS shop_minimum,
	shop.stock_maximum AS shop_maximum, shop.stock_stopped AS shop_stopped, shop.auto_buffer, shop.stock_delay_ms
	FROM tabListing listing JOIN tabShop shop ON shop.name = listing.shop
	WHERE listing.name IN %(names)s AND listing.sku > '' AND listing.status != 'Deleted'"""


@dataclass(frozen=True)
class Scene:
	"""All that is known of some plain SKUs at one moment. `places` are warehouses by shop; "" for the other shops."""

	stock: Mapping[tuple[str, str], Pieces]
	places: Mapping[str, Collection[str]]
	demand: Demand
	dedications: Mapping[str, list[Dedication]]

	def look(self, sku: str, shop: frappe._dict) -> Pieces | None:
		"""A SKU as a shop sees it; None when no stock has ever been recorded for it where the shop's goods lie."""
		places = self.places.get(shop.shop, self.places[""])
		found = [self.stock[sku, place] for place in places if (sku, place) in self.stock]
		if not found:
			return None
		kept = self.dedications.get(sku, [])
		unheard = self.demand.unheard[sku] + self.demand.speed[sku] * _get_delay_s(shop)
		return Pieces(
			on_hand=sum(pieces.on_hand for pieces in found),
			reserved=sum(pieces.reserved for pieces in found),
			blocked=sum(pieces.blocked for pieces in found),
			safety_stock=sum(pieces.safety_stock for pieces in found),
			demand=self.demand.waiting[sku],
			kept=sum(one.left for one in kept),
			own=sum(one.left for one in kept if one.shop == shop.shop),
			is_exclusive=any(one.is_exclusive for one in kept if one.shop == shop.shop),
			rush=get_rush_pieces(self.demand.recent[sku], unheard) if shop.auto_buffer else 0,
		)


def _get_delay_s(shop: frappe._dict) -> float:
	return (cint(shop.stock_delay_ms) or ASSUMED_DELAY_MS) / 1000


def compute_offers(names: Iterable[str]) -> dict[str, Offer]:
	"""What listings shall show: {listing: Offer}.

	Left out are listings without a SKU, deleted ones, those for whose goods no stock has ever been recorded, and those
	of bundles that contain themselves: what we don't know we don't tell.
	"""
	rows = frappe.db.sql(LISTINGS, {"names": sorted(set(names)) or [""]}, as_dict=True)
	parts, _endless = bundles.explode_sound(row.sku for row in rows)
	scene = _read_scene({sku for some in parts.values() for sku in some}, {row.shop for row in rows})
	offers = {}
	for row in rows:
		pieces = {sku: scene.look(sku, row) for sku in parts.get(row.sku, ())}
		if pieces and all(pieces.values()):
			offers[row.name] = make_offer(parts[row.sku], pieces, get_rule(row), _get_stop(row))
	return offers


def get_rule(row: frappe._dict) -> Rule:
	"""The listing's own rule, else its shop's."""
	kind = "stock" if row.own_stock_rule else "shop"
	return Rule(
		percentage=Decimal(str(row[f"{kind}_percentage"] or 0)),
		buffer=cint(row[f"{kind}_buffer"]),
		minimum=cint(row[f"{kind}_minimum"]),
		maximum=cint(row[f"{kind}_maximum"]),
	)


def _get_stop(row: frappe._dict) -> Stop:
	if row.stock_stopped:
		return "listing_stopped"
	if row.shop_stopped:
		return "shop_stopped"
	return "" if row.status == "On Sale" else "off_sale"


def _read_scene(skus: Collection[str], shops: Collection[str]) -> Scene:
	places = _read_places(shops)
	return Scene(
		stock=_read_stock(skus),
		places=places,
		demand=demand.read_demand(skus),
		dedications=demand.read_dedications(skus),
	)


def _read_places(shops: Collection[str]) -> dict[str, Collection[str]]:
	"""The warehouses that count for each shop that names some, and under "" for the rest; active ones only."""
	rows = frappe.get_all(
		"Warehouse",
		filters={"is_active": 1},
		fields=["name", "warehouse_kind"],
		order_by="priority asc, name asc",
	)
	active = {row.name for row in rows if row.warehouse_kind in SELLING_KINDS}
	places: dict[str, Collection[str]] = {
		"": [row.name for row in rows if row.warehouse_kind in SHARED_KINDS]
	}
	named = frappe.get_all(
		"Shop Warehouse",
		filters={"parent": ["in", sorted(shops) or [""]], "parenttype": "Shop"},
		fields=["parent", "warehouse"],
		order_by="parent asc, idx asc",
	)
	for row in named:
		chosen = places.setdefault(row.parent, [])
		if row.warehouse in active:
			chosen.append(row.warehouse)
	return places


def _read_stock(skus: Collection[str]) -> dict[tuple[str, str], Pieces]:
	rows = frappe.db.sql(
		"""SELECT balance.sku, balance.warehouse, balance.on_hand, balance.reserved, balance.blocked,
		balance.safety_stock, warehouse.allow_negative
		FROM `tabStock Balance` balance JOIN tabWarehouse warehouse ON warehouse.name = balance.warehouse
		WHERE balance.sku IN %(skus)s""",
		{"skus": sorted(skus) or [""]},
		as_dict=True,
	)
	return {
		(row.sku, row.warehouse): keep_back(
			cint(row.on_hand),
			cint(row.reserved),
			cint(row.safety_stock),
			bool(row.allow_negative),
			cint(row.blocked),
		)
		for row in rows
	}


def find_listings(skus: Iterable[str]) -> list[str]:
	"""Listings that sell one of the SKUs or a bundle of them."""
	sellers = bundles.find_users(skus)
	if not sellers:
		return []
	return frappe.get_all(
		"Listing", filters={"sku": ["in", sorted(sellers)]}, pluck="name", order_by="name asc", limit=0
	)


def explain(listing: str) -> dict:
	"""The steps to the figure of a listing, for its form: {qty, reason} or {qty, reason, sku, per_set, steps, rule}.

	`reason` is no_sku, deleted, endless_bundle, no_stock_record, a Stop, or empty. `steps` are pieces of the SKU that decides.
	"""
	offer = compute_offers([listing]).get(listing)
	if offer is None:
		sku, status = frappe.db.get_value("Listing", listing, ["sku", "status"])
		return {"qty": None, "reason": _find_gap(sku, status)}
	pieces = offer.pieces
	return {
		"qty": offer.qty,
		"reason": offer.stop,
		"sku": offer.scarcest,
		"per_set": offer.per_set,
		"is_bundle": len(offer.parts) > 1 or offer.per_set > 1,
		"on_hand": pieces.on_hand,
		"reserved": pieces.reserved,
		"blocked": pieces.blocked,
		"safety_stock": pieces.safety_stock,
		"demand": pieces.demand,
		"kept": pieces.kept,
		"own": pieces.own,
		"is_exclusive": pieces.is_exclusive,
		"rush": pieces.rush,
		"shared_sets": offer.shared_sets,
		"own_sets": offer.own_sets,
		"percentage": float(offer.rule.percentage),
		"share": offer.share,
		"buffer": offer.rule.buffer,
		"minimum": offer.rule.minimum,
		"maximum": offer.rule.maximum,
	}


def _find_gap(sku: str | None, status: str) -> str:
	"""Why a listing has no figure at all."""
	if status == "Deleted":
		return "deleted"
	if not sku:
		return "no_sku"
	return "endless_bundle" if bundles.explode_sound([sku])[1] else "no_stock_record"
