"""The records that routing decides by, read once for a batch: policies, warehouses, couriers with their lanes, loads. Reads only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import frappe
from frappe.utils import cint

from storegroup_oms.couriers.lane_records import normalise_province, read_couriers
from storegroup_oms.couriers.lanes import Couriers
from storegroup_oms.fulfilment.routing import Place, Policy

# Orders in these statuses still want hands in their warehouse.
LOADING = ("To Review", "On Hold", "To Print", "To Pick", "To Ship", "Partly Shipped")


@dataclass
class Facts:
	"""`policies` by shop, "" for all others; `own` warehouses by shop; loads grow while a batch is routed."""

	policies: Mapping[str, Policy]
	places: dict[str, Place]
	couriers: Couriers
	own: Mapping[str, str]

	def get_policy(self, shop: str) -> Policy:
		return self.policies.get(shop) or self.policies.get("") or Policy()

	def get_places(self) -> list[Place]:
		return list(self.places.values())

	def add_load(self, warehouse: str) -> None:
		place = self.places[warehouse]
		self.places[warehouse] = replace(place, load=place.load + 1)


def read_facts(shops: Collection[str]) -> Facts:
	"""Everything but stock that decides about orders of these shops."""
	own = frappe.get_all(
		"Shop",
		filters={"name": ("in", sorted(set(shops))), "default_warehouse": ("is", "set")},
		fields=["name", "default_warehouse"],
		order_by="name asc",
		as_list=True,
	)
	return Facts(_read_policies(), _read_places(), read_couriers(), dict(own))


def _read_policies() -> dict[str, Policy]:
	rows = frappe.get_all(
		"Routing Policy",
		filters={"is_active": 1},
		fields=[
			"name",
			"shop",
			"region_weight",
			"distance_weight",
			"cost_weight",
			"load_weight",
			"priority_weight",
			"allow_split",
			"allow_partial",
			"max_parcels",
		],
		order_by="name asc",
	)
	policies: dict[str, Policy] = {}
	for row in rows:
		weights = {
			step: cint(row[f"{step}_weight"]) for step in ("region", "distance", "cost", "load", "priority")
		}
		policy = Policy(
			row.name, weights, bool(row.allow_split), bool(row.allow_partial), max(cint(row.max_parcels), 1)
		)
		policies.setdefault(row.shop or "", policy)
	return policies


def _read_places() -> dict[str, Place]:
	"""All warehouses, those switched off too: they are named among the losers."""
	serves: dict[str, dict[tuple[str, str], int]] = {}
	for row in frappe.get_all(
		"Warehouse Region",
		filters={"parenttype": "Warehouse"},
		fields=["parent", "province", "city", "priority"],
		order_by="parent asc, idx asc",
	):
		region = (normalise_province(row.province), row.city or "")
		serves.setdefault(row.parent, {})[region] = cint(row.priority)
	rows = frappe.get_all(
		"Warehouse",
		fields=[
			"name",
			"warehouse_kind",
			"is_active",
			"province",
			"city",
			"priority",
			"serves_only",
			"daily_capacity",
		],
		order_by="name asc",
	)
	loads = _count_loads([row.name for row in rows if row.daily_capacity])
	return {
		row.name: Place(
			row.name,
			row.warehouse_kind or "Own",
			bool(row.is_active),
			normalise_province(row.province),
			row.city or "",
			cint(row.priority),
			serves.get(row.name, {}),
			bool(row.serves_only) and row.name in serves,
			cint(row.daily_capacity),
			loads.get(row.name, 0),
		)
		for row in rows
	}


def _count_loads(warehouses: list[str]) -> dict[str, int]:
	"""How many orders wait in each warehouse; by index alone."""
	if not warehouses:
		return {}
	return dict(
		frappe.db.sql(
			"SELECT warehouse, COUNT(*) FROM tabOrder WHERE warehouse IN %s AND status IN %s GROUP BY warehouse",
			(warehouses, LOADING),
		)
	)
