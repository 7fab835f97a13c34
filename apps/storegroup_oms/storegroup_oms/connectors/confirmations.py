"""Platforms are told that orders have left: one row for each order of a parcel, sent until it is taken or refused.

Rows are written in the transaction that ships the parcel, so that none is lost. `flights` carries them; parcels of
one order go one after another, as some platforms tell a first parcel from further ones. The only writer of
Ship Confirmation and of what orders say about it.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.connectors import advice, alerts, backoff
from storegroup_oms.connectors.base import Limits, PlatformClient, ShipmentNotice
from storegroup_oms.connectors.errors import ConnectorError, RefusedError, RetryableError
from storegroup_oms.connectors.fleet import Fleet
from storegroup_oms.connectors.flights import Flights, Outcome
from storegroup_oms.connectors.leases import Leases
from storegroup_oms.connectors.wakes import wake
from storegroup_oms.transactions import run_in_latest

CLAIM = 60
LIFE_S = 30.0
LINGER_S = 1.0
PAUSE_S = 0.1
CAUSE = "ship_confirmation"
# Under which field of Courier a platform knows it.
COURIER_CODES = {
	"Taobao": "cainiao_code",
	"JD": "jd_code",
	"Pinduoduo": "pdd_logistics_id",
	"Douyin": "douyin_code",
}
FIELDS = (
	"order",
	"platform_order_no",
	"shop",
	"status",
	"shipment",
	"courier",
	"waybill_no",
	"line_nos",
	"is_first",
	"requested_at",
	"attempts",
)
DUE = (
	"""confirmation.status = 'Waiting' AND (confirmation.due_at IS NULL OR confirmation.due_at <= %(now)s)"""
)
LEASES = Leases(
	"Ship Confirmation",
	alias="confirmation",
	claim="claim",
	ends="due_at",
	due=DUE,
	urgency="requested_at, `order`, name",
	unsent="status = 'Waiting'",
)

# Writing rows


def queue_confirmations(shipments: Sequence[str]) -> int:
	"""Parcels leave with this transaction: their orders' platforms are to be told; returns how many rows are new.

	A sink of `parcel_shipped_sinks`. Orders without a platform, and of shops that don't want it, are left out. Sent
	after commit.
	"""
	rows = _read_shipped(shipments)
	if not rows:
		return 0
	parts = _read_parts({row.order for row in rows})
	told = _count_told({row.order for row in rows})
	new = []
	for row in rows:
		new.append(
			{
				"name": frappe.generate_hash(length=16),
				**row,
				"status": "Waiting",
				"line_nos": ",".join(parts.get((row.order, row.shipment), ())),
				"is_first": int(not told[row.order]),
				"requested_at": now_datetime(),
				"attempts": 0,
			}
		)
		told[row.order] += 1
	insert_rows("Ship Confirmation", new, FIELDS)
	_write_orders({row.order for row in rows})
	wake("", "confirm")
	return len(new)


def _read_shipped(shipments: Sequence[str]) -> list[frappe._dict]:
	"""Orders of the parcels that are not queued yet, the parcels in the order of their names."""
	return frappe.db.sql(
		"""SELECT own.order, `order`.platform_order_no, `order`.shop, shipment.name AS shipment, shipment.courier,
		shipment.waybill_no
		FROM `tabShipment Order` own JOIN tabShipment shipment ON shipment.name = own.parent
		JOIN tabOrder `order` ON `order`.name = own.order JOIN tabShop shop ON shop.name = `order`.shop
		LEFT JOIN `tabShip Confirmation` told ON told.order = own.order AND told.shipment = shipment.name
		WHERE own.parent IN %(shipments)s AND own.parenttype = 'Shipment' AND told.name IS NULL
		AND shop.platform != 'Manual' AND shop.ship_confirm_enabled = 1 AND `order`.platform_order_no > ''
		AND shipment.waybill_no > ''
		ORDER BY own.order, shipment.name""",
		{"shipments": list(shipments) or [""]},
		as_dict=True,
	)


def _read_parts(orders: Iterable[str]) -> dict[tuple[str, str], list[str]]:
	"""{(order, parcel): platform lines}, for parcels that hold only a part of what the order still sends."""
	rows = frappe.db.sql(
		"""SELECT DISTINCT line.parent AS `order`, line.name, line.platform_line_no, item.parent AS shipment
		FROM `tabOrder Item` line LEFT JOIN `tabShipment Item` item
			ON item.order_item = line.name AND item.parenttype = 'Shipment'
			AND item.parent NOT IN (SELECT name FROM tabShipment WHERE status = 'Cancelled')
		WHERE line.parent IN %s AND line.platform_line_no > '' AND IFNULL(line.refund_status, '') != 'Refunded'
		ORDER BY line.parent, line.idx""",
		[sorted(orders)],
		as_dict=True,
	)
	lines: dict[str, set[str]] = defaultdict(set)
	held: dict[tuple[str, str], list[str]] = defaultdict(list)
	for row in rows:
		lines[row.order].add(row.platform_line_no)
		if row.shipment:
			held[row.order, row.shipment].append(row.platform_line_no)
	return {key: numbers for key, numbers in held.items() if set(numbers) != lines[key[0]]}


def _count_told(orders: Iterable[str]) -> dict[str, int]:
	rows = frappe.db.sql(
		"""SELECT `order`, COUNT(*) FROM `tabShip Confirmation` WHERE `order` IN %s AND status != 'Cancelled'
		GROUP BY `order`""",
		[sorted(orders)],
	)
	return defaultdict(int, rows)


def _write_orders(orders: Iterable[str]) -> None:
	"""What orders say: Failed when one of their confirmations is, Waiting while one is, else Confirmed."""
	rows = frappe.db.sql(
		"""SELECT `order` AS name, SUM(status = 'Failed') AS failed, SUM(status = 'Waiting') AS waiting,
		SUM(status = 'Confirmed') AS confirmed, MAX(confirmed_at) AS ship_confirmed_at,
		MAX(IF(status = 'Confirmed', NULL, error_message)) AS ship_confirm_error
		FROM `tabShip Confirmation` WHERE `order` IN %s GROUP BY `order`""",
		[sorted(orders) or [""]],
		as_dict=True,
	)
	for row in rows:
		row.ship_confirm_status = (
			"Failed" if row.failed else "Waiting" if row.waiting else "Confirmed" if row.confirmed else None
		)
	update_rows(
		"Order", rows, ("ship_confirm_status", "ship_confirmed_at", "ship_confirm_error"), stamps=False
	)


def retry(names: Sequence[str]) -> int:
	"""Have confirmations that failed or wait sent now; returns how many will be. Doesn't commit."""
	table = frappe.qb.DocType("Ship Confirmation")
	rows = frappe.get_all(
		"Ship Confirmation",
		filters={
			"name": ["in", list(names) or [""]],
			"status": ["in", ["Failed", "Waiting"]],
			"claim": ["is", "not set"],
		},
		fields=["name", "order"],
		order_by="name asc",
	)
	if rows:
		query = frappe.qb.update(table).set(table.status, "Waiting").set(table.due_at, None)
		query.set(table.attempts, 0).where(table.name.isin([row.name for row in rows])).run()
		_write_orders({row.order for row in rows})
		wake("", "confirm")
	return len(rows)


# Sending


def find_waiting_shops() -> list[str]:
	"""Active shops with confirmations to send now."""
	return frappe.db.sql(
		f"""SELECT DISTINCT confirmation.shop FROM `tabShip Confirmation` confirmation
		JOIN tabShop shop ON shop.name = confirmation.shop
		WHERE {DUE} AND shop.status = 'Active' AND shop.app_key > '' ORDER BY confirmation.shop""",
		{"now": now_datetime()},
		pluck=True,
	)


def run(life_s: float = LIFE_S, linger_s: float = LINGER_S) -> int:
	"""Send what is due until there has been nothing for `linger_s`; returns how many were taken. Commits."""
	taken, ends_at, worked_at = 0, time.monotonic() + life_s, time.monotonic()
	with Fleet() as fleet:
		flights = Flights(fleet, ShipConfirmations())
		while True:
			if time.monotonic() < ends_at:
				frappe.db.commit()  # what was read before may be old
				flights.send_due(find_waiting_shops())
			if not flights.is_empty:
				taken += sum(outcome.error is None for outcome in flights.land(PAUSE_S))
				worked_at = time.monotonic()
			elif time.monotonic() - worked_at >= linger_s or time.monotonic() >= ends_at:
				break
			else:
				time.sleep(PAUSE_S)
		flights.finish_notes()
	if find_waiting_shops():
		wake("", "confirm", after_commit=False)
	return taken


class ShipConfirmations:
	"""The Cargo of `flights`."""

	kind = "confirm"
	extend = LEASES.extend
	give_back = LEASES.give_back

	def claim(self, shops: Sequence[str], limit: int = CLAIM) -> list[frappe._dict]:
		"""Whole orders that are due and nobody's, now ours; at most `limit` rows of each shop. Commits."""

		def work() -> list[frappe._dict]:
			rows = frappe.db.sql(
				f"""SELECT name, shop, `order`, platform_order_no, courier, waybill_no, line_nos, is_first, attempts
				FROM `tabShip Confirmation` confirmation WHERE name IN %(names)s AND {DUE}
				ORDER BY `order`, is_first DESC, creation, name FOR UPDATE SKIP LOCKED""",
				{"names": LEASES.find_due(shops, limit) or [""], "now": now_datetime()},
				as_dict=True,
			)
			codes = _read_courier_codes({row.courier for row in rows})
			for row in rows:
				row.codes = codes.get(row.courier, {})
			LEASES.take(rows)
			return rows

		return run_in_latest(work) if shops else []

	def make_units(self, rows: Sequence[frappe._dict], limits: Limits) -> list[list[frappe._dict]]:
		"""The parcels of one order together."""
		by_order: dict[str, list[frappe._dict]] = {}
		for row in rows:
			by_order.setdefault(row.order, []).append(row)
		return list(by_order.values())

	def send(self, client: PlatformClient, rows: Sequence[frappe._dict]) -> list[ConnectorError | None]:
		"""One call for each parcel, the first one first; what comes after one that wasn't taken waits for it."""
		results: list[ConnectorError | None] = []
		for row in rows:
			if results and results[-1] is not None:
				results.append(
					RetryableError("earlier_parcel", "An earlier parcel of the order comes first.")
				)
				continue
			try:
				client.confirm_shipment(_make_notice(row, client.platform))
				results.append(None)
			except (RefusedError, RetryableError) as error:
				results.append(error)
		return results

	def write_outcomes(self, outcomes: Sequence[Outcome]) -> None:
		"""See `flights.Cargo`. A refusal is final until a person, or another fact, starts it again."""
		claims = {outcome.row.name: outcome.row.claim for outcome in outcomes}
		ours = frappe.db.sql(
			"SELECT name, claim FROM `tabShip Confirmation` WHERE name IN %s ORDER BY name FOR UPDATE",
			[list(claims)],
		)
		held = {name for name, token in ours if claims[name] == token}
		rows = [_make_row(outcome) for outcome in outcomes if outcome.row.name in held]
		update_rows(
			"Ship Confirmation",
			rows,
			("status", "claim", "due_at", "attempts", "confirmed_at", "error_code", "error_message"),
			stamps=False,
		)
		_write_orders({outcome.row.order for outcome in outcomes if outcome.row.name in held})

	def note(self, outcomes: Sequence[Outcome]) -> None:
		"""Open a task for shops with refused confirmations, close it where none is left."""
		for shop in sorted({outcome.row.shop for outcome in outcomes}):
			tell(shop)


def _read_courier_codes(couriers: Iterable[str | None]) -> dict[str, dict[str, str]]:
	rows = frappe.get_all(
		"Courier",
		filters={"name": ["in", [courier for courier in couriers if courier] or [""]]},
		fields=["name", *COURIER_CODES.values()],
		order_by="name asc",
	)
	return {
		row.name: {platform: row[field] or "" for platform, field in COURIER_CODES.items()} for row in rows
	}


def _make_notice(row: frappe._dict, platform: str) -> ShipmentNotice:
	code = row.codes.get(platform)
	if not code:
		raise RefusedError("courier_code", f"{row.courier or ''}: no code for {platform}")
	return ShipmentNotice(
		order_no=row.platform_order_no,
		courier_code=code,
		waybill_no=row.waybill_no,
		line_nos=tuple((row.line_nos or "").split(",")) if row.line_nos else (),
		is_first=bool(row.is_first),
	)


def _make_row(outcome: Outcome) -> dict:
	row, error = outcome.row, outcome.error
	attempts = cint(row.attempts) + 1
	values = {"name": row.name, "claim": None, "due_at": None, "attempts": attempts}
	if error is None:
		return values | {"status": "Confirmed", "confirmed_at": now_datetime()}
	is_final = isinstance(error, RefusedError)
	return values | {
		"status": "Failed" if is_final else "Waiting",
		"due_at": None if is_final else backoff.get_due_at(attempts, error),
		"error_code": error.code[:140],
		"error_message": advice.describe_confirmation(error)[:500],
	}


def tell(shop: str) -> None:
	"""Open the shop's task while platforms refuse confirmations, close it when there is none. Doesn't commit."""
	rows = frappe.get_all(
		"Ship Confirmation",
		filters={"shop": shop, "status": "Failed"},
		fields=["platform_order_no", "error_message"],
		order_by="requested_at asc",
		limit=5,
	)
	if not rows:
		alerts.close_shop_task(shop, CAUSE)
		return
	alerts.open_shop_task(
		shop,
		CAUSE,
		_("Shop {0}: the platform refuses that orders were shipped").format(shop),
		"\n".join(f"{row.platform_order_no}: {row.error_message}" for row in rows),
	)
