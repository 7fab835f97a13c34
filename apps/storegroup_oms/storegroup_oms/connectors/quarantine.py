"""Orders that could not be read: kept with their payload, tried again on demand, never in anybody's way.

The only writer of `Quarantined Order`. Unique by shop and platform order number; never commits.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce, Count
from frappe.utils.password import decrypt, encrypt

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.connectors.base import Payload
from storegroup_oms.connectors.errors import MappingError
from storegroup_oms.connectors.reasons import MAPPING_REASONS
from storegroup_oms.orders.receivers import hash_text

FIELDS = (
	"shop",
	"platform_order_no",
	"status",
	"reason_code",
	"path",
	"value",
	"advice",
	"first_seen_at",
	"last_seen_at",
	"seen_count",
	"payload",
	"payload_encrypted",
)
# Parts of payloads that tell who somebody is or where they live, on any platform.
PERSONAL = (
	"receiver",
	"consignee",
	"address",
	"mobile",
	"phone",
	"telephone",
	"fullname",
	"encrypt",
	"post_tel",
	"post_addr",
	"buyer_message",
	"buyer_memo",
	"buyer_words",
	"orderremark",
	"oaid",
	"invoice",
)


@dataclass(frozen=True)
class BadOrder:
	"""A payload that could not be read, and why."""

	order_no: str
	payload: Payload
	error: MappingError


def get_name(shop: str, order_no: str) -> str:
	"""The name of the row for an order: the same for the same order, which makes it unique."""
	return hash_text("quarantine", f"{shop}\n{order_no}")[:20]


def put_aside(shop: str, orders: Iterable[BadOrder]) -> list[str]:
	"""Keep bad orders, each once; seen again, its row is brought up to date and waits again. Returns the names."""
	now = frappe.utils.now_datetime()
	rows = [
		{
			"name": get_name(shop, order.order_no),
			"shop": shop,
			"platform_order_no": order.order_no,
			"status": "Waiting",
			"reason_code": order.error.reason,
			"path": order.error.path[:140],
			"value": _get_shown_value(order.error),
			"advice": MAPPING_REASONS.get(order.error.reason),
			"first_seen_at": now,
			"last_seen_at": now,
			"seen_count": 1,
			"payload": dump(hide_personal(order.payload)),
			"payload_encrypted": encrypt(dump(order.payload)),
		}
		for order in orders
	]
	updated = tuple(field for field in FIELDS if field not in ("shop", "platform_order_no", "first_seen_at"))
	insert_rows("Quarantined Order", rows, FIELDS, on_duplicate=updated, add=("seen_count",))
	return [row["name"] for row in rows]


def _get_shown_value(error: MappingError) -> str:
	return "***" if is_personal(error.path) else error.value


def is_personal(path: str) -> bool:
	return any(word in path.lower() for word in PERSONAL)


def hide_personal(value: object, key: str = "") -> object:
	"""A copy of a payload in which everything that may identify a person is starred."""
	if key and is_personal(key) and value not in (None, "", [], {}):
		return "***"
	if isinstance(value, dict):
		return {name: hide_personal(part, str(name)) for name, part in value.items()}
	if isinstance(value, list):
		return [hide_personal(part, key) for part in value]
	return value


def dump(payload: object) -> str:
	"""JSON for storing; exact numbers are written as they were."""
	return json.dumps(payload, ensure_ascii=False, indent=1, default=_show_number)


def _show_number(value: object) -> object:
	if isinstance(value, Decimal):
		return str(value)
	raise TypeError(type(value).__name__)


def load_payload(name: str) -> Payload | None:
	"""The payload as the platform sent it, with fractions as text; None when it isn't kept."""
	text = frappe.db.get_value("Quarantined Order", name, "payload_encrypted")
	return json.loads(decrypt(text)) if text else None


def resolve(shop: str, order_nos: Sequence[str], user: str = "") -> int:
	"""Mark waiting rows of orders that came through; returns how many there were."""
	if not order_nos:
		return 0
	row, order = frappe.qb.DocType("Quarantined Order"), frappe.qb.DocType("Order")
	waiting = (
		frappe.qb.from_(row)
		.left_join(order)
		.on((order.shop == row.shop) & (order.platform_order_no == row.platform_order_no))
		.select(row.name, order.name.as_("order"))
		.where((row.shop == shop) & row.platform_order_no.isin(list(order_nos)) & (row.status != "Resolved"))
		.run(as_dict=True)
	)
	end = {"status": "Resolved", "resolved_at": frappe.utils.now_datetime(), "resolved_by": user or None}
	return update_rows("Quarantined Order", [{**found, **end} for found in waiting], ("order", *end))


def count_replay(names: Sequence[str]) -> None:
	"""Note that rows were tried again."""
	row = frappe.qb.DocType("Quarantined Order")
	query = frappe.qb.update(row).set(row.replay_count, Coalesce(row.replay_count, 0) + 1)
	query.where(row.name.isin(list(names))).run()


def dismiss(names: Sequence[str], reason: str) -> int:
	"""Give up waiting rows with a reason; returns how many. They come back when the platform sends them again."""
	row = frappe.qb.DocType("Quarantined Order")
	waiting = (
		frappe.qb.from_(row)
		.select(row.name)
		.where(row.name.isin(list(names)) & (row.status == "Waiting"))
		.run(pluck=True)
	)
	if waiting:
		(
			frappe.qb.update(row)
			.set(row.status, "Dismissed")
			.set(row.dismiss_reason, reason)
			.set(row.resolved_at, frappe.utils.now_datetime())
			.set(row.resolved_by, frappe.session.user)
			.where(row.name.isin(waiting))
		).run()
	return len(waiting)


def count_waiting(shop: str | None = None) -> dict[str, int]:
	"""How many orders wait in quarantine, by shop."""
	row = frappe.qb.DocType("Quarantined Order")
	query = frappe.qb.from_(row).select(row.shop, Count("*")).groupby(row.shop)
	query = query.where(row.status == "Waiting")
	return dict((query.where(row.shop == shop) if shop else query).run())
