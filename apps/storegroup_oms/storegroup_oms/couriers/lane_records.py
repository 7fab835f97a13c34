"""The records that decide about couriers, read once for a batch: lanes, surcharges, rules, how fast they are. Reads only."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import cint, flt, getdate

from storegroup_oms.couriers.choice import Book, Rule
from storegroup_oms.couriers.lanes import Couriers, Lane, ProvinceSurcharge
from storegroup_oms.couriers.rates import Surcharge
from storegroup_oms.orders.importing.addresses import find_province

# Fewer parcels say nothing about how fast a courier is.
LEAST_PARCELS = 10
HOURS_A_DAY = 24
RULE_FIELDS = (
	"name",
	"rule_name",
	"action",
	"courier",
	"priority",
	"shop",
	"platform",
	"warehouse",
	"province",
	"city",
	"from_weight_g",
	"to_weight_g",
	"from_amount",
	"sku",
	"order_tag",
	"customer_tier",
	"from_day",
	"to_day",
)


def normalise_province(text: str | None) -> str:
	"""The official name of a province, else the text as it is."""
	return find_province(text or "") or (text or "")


def read_couriers(day: date | None = None) -> Couriers:
	"""Active couriers with the lanes that are valid on a day, today where none is given."""
	rows = frappe.get_all(
		"Courier",
		filters={"is_active": 1},
		fields=["name", "max_weight_g", "priority", "volumetric_divisor"],
		order_by="name asc",
	)
	return Couriers(
		limits={row.name: cint(row.max_weight_g) for row in rows},
		lanes=_read_lanes([row.name for row in rows], day or getdate()),
		priorities={row.name: cint(row.priority) for row in rows},
		divisors={row.name: cint(row.volumetric_divisor) for row in rows},
		surcharges=_read_surcharges([row.name for row in rows]),
	)


def _read_lanes(couriers: list[str], day: date) -> list[Lane]:
	"""Of each lane the newest version that has begun."""
	rows = frappe.get_all(
		"Courier Lane",
		filters={"courier": ("in", couriers or [""])},
		fields=[
			"courier",
			"warehouse",
			"province",
			"city",
			"is_served",
			"first_cost",
			"next_cost",
			"first_weight_g",
			"step_weight_g",
			"valid_from",
		],
		order_by="valid_from asc, name asc",
	)
	lanes = {}
	for row in rows:
		if row.valid_from and row.valid_from > day:
			continue
		lane = Lane(
			row.courier,
			row.warehouse or "",
			normalise_province(row.province),
			row.city or "",
			bool(row.is_served),
			Decimal(str(row.first_cost)) if row.first_cost else None,
			Decimal(str(row.next_cost or 0)),
			cint(row.first_weight_g) or 1000,
			cint(row.step_weight_g) or 1000,
		)
		lanes[lane.courier, lane.warehouse, lane.province, lane.city] = lane
	return list(lanes.values())


def _read_surcharges(couriers: list[str]) -> dict[str, list[ProvinceSurcharge]]:
	found: dict[str, list[ProvinceSurcharge]] = defaultdict(list)
	for row in frappe.get_all(
		"Courier Surcharge",
		filters={"parenttype": "Courier", "parent": ("in", couriers or [""])},
		fields=["parent", "label", "amount", "province", "from_day", "to_day"],
		order_by="parent asc, idx asc",
	):
		surcharge = Surcharge(row.label, Decimal(str(row.amount or 0)), row.from_day, row.to_day)
		found[row.parent].append(ProvinceSurcharge(surcharge, normalise_province(row.province)))
	return found


def read_rules() -> list[Rule]:
	"""Rules that are switched on."""
	rows = frappe.get_all(
		"Courier Rule", filters={"enabled": 1}, fields=list(RULE_FIELDS), order_by="priority asc, name asc"
	)
	return [make_rule(row) for row in rows]


def make_rule(row: frappe._dict) -> Rule:
	"""A Courier Rule's fields, or its document, as the choice takes it; dates may be texts."""
	return Rule(
		name=row.rule_name,
		action=row.action,
		courier=row.courier,
		rank=cint(row.priority),
		shop=row.shop or "",
		platform=row.platform or "",
		warehouse=row.warehouse or "",
		province=normalise_province(row.province),
		city=row.city or "",
		from_g=cint(row.from_weight_g),
		to_g=cint(row.to_weight_g),
		from_amount=Decimal(str(flt(row.from_amount))),
		sku=row.sku or "",
		tag=(row.order_tag or "").strip(),
		tier=(row.customer_tier or "").strip(),
		from_day=getdate(row.from_day) if row.from_day else None,
		to_day=getdate(row.to_day) if row.to_day else None,
	)


def read_book(day: date | None = None) -> Book:
	"""All that a choice on a day needs."""
	rows = frappe.get_all(
		"Lane Figure",
		filters={"parcels": (">=", LEAST_PARCELS)},
		fields=["courier", "warehouse", "province", "median_hours"],
		order_by="name asc",
	)
	days = {
		(row.courier, row.warehouse or "", normalise_province(row.province)): (
			Decimal(str(row.median_hours)) / HOURS_A_DAY
		).quantize(Decimal("0.1"))
		for row in rows
	}
	return Book(read_couriers(day), read_rules(), days)
