"""Parcels of the demo company, with what the couriers said about them. Set-based."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import frappe

from storegroup_oms.bulk import reserve_names
from storegroup_oms.couriers.tracking.problems import TOLD
from storegroup_oms.customers.masking import mask_mobile, mask_name
from storegroup_oms.fulfilment.doctype.tracking_event.tracking_event import make_text_hash
from storegroup_oms.fulfilment.stops import make_state
from storegroup_oms.setup.demo_company import Company
from storegroup_oms.setup.demo_orders import Line, Order
from storegroup_oms.setup.demo_rows import insert_children, insert_rows
from storegroup_oms.setup.demo_store import get_freight_cost, is_second_parcel

# exception → hours since the parcel left that fit it
EXCEPTION_AGES = {
	"No Pickup": (25, 60),
	"No Movement": (50, 125),
	"Suspected Lost": (70, 135),
	"Refused": (50, 135),
	"Wrong Address": (30, 135),
	"Damaged": (30, 135),
	"Delayed": (60, 135),
}


@dataclass
class Parcel:
	order: Order
	lines: list[Line]
	status: str
	waybill_no: str | None = None
	exception: str = ""
	name: str = ""
	events: list[tuple[datetime, str, str, str]] = field(default_factory=list)


def make_parcels(company: Company, orders: list[Order]) -> list[Parcel]:
	"""Every parcel of the orders, with waybills, exceptions and tracking; writes nothing."""
	parcels = [parcel for order in orders if order.courier for parcel in _split(order)]
	_give_exceptions(company, parcels)
	for parcel in parcels:
		if parcel.status != "To Print":
			prefix, digits = company.story["waybills"][parcel.order.courier]
			parcel.waybill_no = f"{prefix}{company.dice.randrange(10 ** (digits - 1), 10**digits)}"
		_give_tracking(company, parcel)
	return parcels


def _split(order: Order) -> list[Parcel]:
	words = {"To Print": "To Print", "To Pick": "Printed", "To Ship": "Verified", "Completed": "Delivered"}
	if order.status != "Partly Shipped":
		return [Parcel(order, order.lines, words.get(order.status, "Shipped"))]
	first = [line for index, line in enumerate(order.lines) if not is_second_parcel(order, index)]
	second = [line for index, line in enumerate(order.lines) if is_second_parcel(order, index)]
	return [
		Parcel(order, lines, status) for lines, status in ((first, "Shipped"), (second, "Printed")) if lines
	]


def _give_exceptions(company: Company, parcels: list[Parcel]) -> None:
	free = [parcel for parcel in parcels if parcel.order.status == "Shipped"]
	for row in company.story["exceptions"]:
		youngest, oldest = EXCEPTION_AGES[row["exception"]]
		fitting = [parcel for parcel in free if youngest <= _get_age(company, parcel) <= oldest]
		for parcel in company.dice.sample(fitting, min(len(fitting), row["count"])):
			parcel.exception = row["exception"]
			free.remove(parcel)


def _get_age(company: Company, parcel: Parcel) -> float:
	return (company.now - parcel.order.moments["shipped"]).total_seconds() / 3_600


def _give_tracking(company: Company, parcel: Parcel) -> None:
	"""Scans up to now; an exception cuts them short or ends them with bad news."""
	if parcel.status not in ("Shipped", "Delivered"):
		return
	start, buyer = parcel.order.moments["shipped"], parcel.order.buyer
	site, hub = company.texts["hubs"][parcel.order.warehouse]
	far_hub, far_site = (
		f"{buyer.city.removesuffix('市')}转运中心",
		f"{buyer.city.removesuffix('市')}{buyer.district}网点",
	)
	journey = [
		(0, "Accepted", ""),
		(3, "Picked Up", site),
		(8, "Departed", hub),
		(24, "Arrived", far_hub),
		(30, "Departed", far_hub),
		(36, "Arrived", far_site),
		(38, "Out for Delivery", far_site),
		(43, "Delivered", far_site),
	]
	stops = {"No Pickup": 1, "No Movement": 3, "Suspected Lost": 3, "Delayed": 5}
	journey = journey[: stops.get(parcel.exception, len(journey))]
	endings = {
		"Suspected Lost": [(66, "Lost", hub)],
		"Refused": [(42, "Refused", far_site), (48, "Returning", far_site)],
		"Wrong Address": [(41, "Delivery Failed", far_site)],
		"Damaged": [(26, "Damaged", far_hub)],
	}
	if parcel.exception in endings and parcel.exception != "Suspected Lost":
		journey = [row for row in journey if row[0] < endings[parcel.exception][0][0]]
	pace = 1.0 if parcel.exception else company.dice.uniform(0.7, 1.4)
	if parcel.status == "Delivered":
		pace = (parcel.order.moments["delivered"] - start).total_seconds() / 3_600 / 43
	for hours, code, place in journey + endings.get(parcel.exception, []):
		moment = (start + timedelta(hours=hours * pace)).replace(microsecond=0)
		if moment <= company.now:
			text = company.texts["events"][code].format(place=place)
			parcel.events.append((moment, code, place, text))
	_give_status(parcel)


def _give_status(parcel: Parcel) -> None:
	last = parcel.events[-1][1]
	words = {
		"Accepted": "Shipped",
		"Picked Up": "Shipped",
		"Out for Delivery": "Out for Delivery",
		"Delivered": "Delivered",
	}
	parcel.status = words.get(last, "In Transit")
	if last == "Delivered":
		parcel.order.moments.setdefault("delivered", parcel.events[-1][0])


def store_parcels(company: Company, parcels: list[Parcel]) -> None:
	"""Insert shipments with their orders and items, and the tracking rows."""
	for parcel, name in zip(parcels, reserve_names("SH-", 9, len(parcels)), strict=True):
		parcel.name = name
	insert_rows("Shipment", [_make_row(company, parcel) for parcel in parcels])
	insert_children(
		"Shipment Order",
		"Shipment",
		"orders",
		[
			{
				"parent": parcel.name,
				"order": parcel.order.name,
				"platform_order_no": parcel.order.platform_order_no,
				"shop": parcel.order.shop["shop_name"],
				"confirm_status": "Confirmed" if "shipped" in parcel.order.moments else "Waiting",
				"stop_reasons": parcel.order.stop_reasons,
				"order_state": make_state(parcel.order.status, parcel.order.stop_reasons),
			}
			for parcel in parcels
		],
	)
	line_names = _read_line_names(parcels)
	insert_children(
		"Shipment Item",
		"Shipment",
		"items",
		[row for parcel in parcels for row in _make_items(company, parcel, line_names)],
	)
	insert_rows(
		"Tracking Event",
		[
			{
				"shipment": parcel.name,
				"occurred_at": moment,
				"code": code,
				"place": place,
				"text": text,
				"text_hash": make_text_hash(place, text),
				"source": "Kuaidi100",
			}
			for parcel in parcels
			for moment, code, place, text in parcel.events
		],
	)


def _make_row(company: Company, parcel: Parcel) -> dict:
	order, moments = parcel.order, parcel.order.moments
	left = parcel.status not in ("To Print", "Printed", "Picked", "Verified")
	weight = sum(company.sku_by_code[line.sku]["weight_g"] * line.qty for line in parcel.lines if line.sku)
	last = parcel.events[-1] if parcel.events else (None, "", "", "")
	return {
		"name": parcel.name,
		"waybill_no": parcel.waybill_no,
		"courier": order.courier,
		"warehouse": order.warehouse,
		"status": parcel.status,
		"exception": parcel.exception,
		"stop_reasons": order.stop_reasons,
		"printed_count": 0 if parcel.status == "To Print" else 1,
		"printed_at": moments.get("printed"),
		"verified_at": moments.get("picked") if parcel.status != "Printed" else None,
		"shipped_at": moments.get("shipped") if left else None,
		"delivered_at": last[0] if last[1] == "Delivered" else None,
		"picked_up_at": next((event[0] for event in parcel.events if event[1] != "Accepted"), None),
		"tracked_problem": parcel.exception if parcel.exception in TOLD else None,
		"tracked_problem_at": last[0] if parcel.exception in TOLD else None,
		"last_event_at": last[0],
		"last_place": last[2],
		"last_event_text": last[3],
		"receiver_name": mask_name(order.buyer.receiver.name),
		"receiver_mobile": mask_mobile(order.buyer.receiver.mobile),
		"province": order.buyer.province,
		"city": order.buyer.city,
		"district": order.buyer.district,
		"expected_weight_g": weight,
		"order_count": 1,
		"total_qty": sum(
			line.qty * count
			for line in parcel.lines
			if line.sku
			for _sku, count in company.get_parts(line.sku)
		),
		"ship_by": order.ship_by,
		"weight_g": weight + company.dice.randrange(-5, 25) if left else 0,
		"waybill_provider": "Kuaidi100" if parcel.waybill_no else None,
		"is_subscribed": int(left),
		"freight_cost": get_freight_cost(company, order.courier, weight) if left else 0,
	}


def _make_items(company: Company, parcel: Parcel, line_names: dict[tuple[str, int], str]) -> list[dict]:
	verified = parcel.status not in ("To Print", "Printed", "Picked")
	numbers = {id(line): number for number, line in enumerate(parcel.order.lines, 1)}
	return [
		{
			"parent": parcel.name,
			"order": parcel.order.name,
			"order_item": line_names[parcel.order.name, numbers[id(line)]],
			"sku": sku,
			"sku_name": company.sku_by_code[sku]["sku_name"],
			"qty": line.qty * count,
			"verified_qty": line.qty * count if verified else 0,
		}
		for line in parcel.lines
		if line.sku
		for sku, count in company.get_parts(line.sku)
	]


def _read_line_names(parcels: list[Parcel]) -> dict[tuple[str, int], str]:
	"""(order, position) → name of the stored line."""
	rows = frappe.db.sql(
		"SELECT parent, idx, name FROM `tabOrder Item` WHERE parent IN %s",
		[sorted({parcel.order.name for parcel in parcels}) or [""]],
	)
	return {(order, position): name for order, position, name in rows}
