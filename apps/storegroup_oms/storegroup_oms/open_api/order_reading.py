"""Orders as the open API shows them: masked, within the reader's scope and levels, in few statements."""

import base64
import binascii
import json
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from storegroup_oms.exceptions import ApiRequestError
from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.open_api.models import MAX_PAGE
from storegroup_oms.open_api.times import to_site_naive, to_wire_money, to_wire_time
from storegroup_oms.orders.holds import parse_codes
from storegroup_oms.orders.lifecycle import STATUSES
from storegroup_oms.permissions import get_scope_condition, require_permission

# A writer stamps a row before it commits. Rows younger than this wait, so that the cursor never passes one that
# isn't visible yet.
SETTLE_S = 10
MAX_EVENTS = 500

TEXTS = (
	"platform_status",
	"buyer_nick",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
	"address",
	"buyer_message",
	"seller_memo",
)
AMOUNTS = (
	"goods_amount",
	"discount_amount",
	"freight_amount",
	"total_amount",
	"paid_amount",
	"refund_amount",
)
TIMES = ("ordered_at", "paid_at", "ship_by", "shipped_at", "modified")
CODES = ("hold_reasons", "stop_reasons", "tags")
LINKS = ("warehouse", "courier", "waybill_no", "merged_into")
LEVELLED = ("cost_amount", "profit_amount")
PLAIN = ("name", "shop", "platform", "platform_order_no", "order_type", "status")
LINE_TEXTS = ("platform_line_no", "title", "specification", "refund_status")
LINE_AMOUNTS = ("unit_price", "discount_amount", "amount")


def list_orders(
	shop: str | None, status: str | None, modified_since: str | None, cursor: str | None, limit: int
) -> dict:
	"""One page in the shape of `models.OrderPage`, by (modified, name) ascending. Raises ApiRequestError.

	An order that changes meanwhile comes again further on; none is left out. A page may be shorter than the
	limit where other rules than the row scope take orders away.
	"""
	if not 1 <= limit <= MAX_PAGE:
		raise ApiRequestError(_("The limit is 1 to {0}.").format(MAX_PAGE), code="out_of_range", path="limit")
	if status and status not in STATUSES:
		raise ApiRequestError(_("{0} is not an order status.").format(status), code="unknown", path="status")
	after = read_cursor(cursor) if cursor else None
	since = _read_time(modified_since, "modified_since") if modified_since and not after else None
	places = _find_places(shop, status, since, after, limit + 1)
	page = places[:limit]
	next_cursor = make_cursor(page[-1].modified, page[-1].name) if page else cursor
	orders = show_orders(_read_rows([place.name for place in page]))
	return {"orders": orders, "next_cursor": next_cursor or None, "has_more": len(places) > limit}


def _find_places(
	shop: str | None,
	status: str | None,
	since: datetime | None,
	after: tuple[datetime, str] | None,
	limit: int,
) -> list[frappe._dict]:
	"""(name, modified) of the next orders in the user's scope, read off the index of `modified`.

	Frappe's own list wraps times into IFNULL, which compares them as text and passes the index by.
	"""
	values: dict = {"until": now_datetime() - timedelta(seconds=SETTLE_S), "limit": limit}
	conditions = ["`tabOrder`.modified <= %(until)s"]
	for field, value in (("shop", shop), ("status", status)):
		if value:
			conditions.append(f"`tabOrder`.`{field}` = %({field})s")
			values[field] = value
	if since:
		conditions.append("`tabOrder`.modified >= %(since)s")
		values["since"] = since
	if after:
		conditions.append("`tabOrder`.modified >= %(moment)s")
		conditions.append("(`tabOrder`.modified > %(moment)s OR `tabOrder`.name > %(name)s)")
		values["moment"], values["name"] = after
	if scope := get_scope_condition("Order"):
		conditions.append(scope.replace("%", "%%"))
	return frappe.db.sql(
		f"SELECT `tabOrder`.name, `tabOrder`.modified FROM `tabOrder` WHERE {' AND '.join(conditions)}"
		" ORDER BY `tabOrder`.modified, `tabOrder`.name LIMIT %(limit)s",
		values,
		as_dict=True,
	)


def _read_rows(names: list[str]) -> list[frappe._dict]:
	"""The orders that the user may read by every rule, in the given order."""
	if not names:
		return []
	rows = frappe.get_list(
		"Order", filters={"name": ["in", names]}, fields=_get_fields(), order_by="name asc", limit=len(names)
	)
	found = {row.name: row for row in rows}
	return [found[name] for name in names if name in found]


def make_cursor(modified: datetime, name: str) -> str:
	"""An opaque place in the list, right after one order."""
	text = json.dumps([get_datetime(modified).isoformat(timespec="microseconds"), name])
	return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
	"""What `make_cursor` put in. Raises ApiRequestError."""
	try:
		padded = cursor + "=" * (-len(cursor) % 4)
		moment, name = json.loads(base64.urlsafe_b64decode(padded.encode()))
		if not isinstance(name, str):
			raise ValueError
		return datetime.fromisoformat(moment), name
	except (ValueError, TypeError, binascii.Error):
		raise ApiRequestError(
			_("The cursor is not one that this API gave."), code="invalid", path="cursor"
		) from None


def _read_time(text: str, path: str) -> datetime:
	try:
		moment = datetime.fromisoformat(text)
		if moment.tzinfo is None:
			raise ValueError
	except ValueError:
		raise ApiRequestError(
			_("Give the time as ISO 8601 with an offset, e.g. {0}.").format("2026-11-11T00:00:00+08:00"),
			code="invalid",
			path=path,
		) from None
	return to_site_naive(moment)


def _get_fields() -> list[str]:
	hidden = get_hidden_fields("Order")
	levelled = [field for field in LEVELLED if field not in hidden]
	return [*PLAIN, *TEXTS, *AMOUNTS, *TIMES, *CODES, *LINKS, *levelled]


def show_orders(rows: list[frappe._dict]) -> list[dict]:
	"""Rows of Order in the shape of `models.Order`; all lines in one statement."""
	lines = _read_lines([row.name for row in rows])
	return [_show_order(row, lines.get(row.name, [])) for row in rows]


def _show_order(row: frappe._dict, lines: list[dict]) -> dict:
	shown = {field: row[field] for field in PLAIN}
	shown |= {field: row[field] or "" for field in TEXTS}
	shown |= {field: to_wire_money(row[field]) for field in AMOUNTS}
	shown |= {field: to_wire_time(row[field]) for field in TIMES}
	shown |= {field: sorted(parse_codes(row[field])) for field in CODES}
	shown |= {field: row[field] or None for field in LINKS}
	shown |= {field: to_wire_money(row[field]) for field in LEVELLED if field in row}
	return {**shown, "order_type": row.order_type or "Normal", "lines": lines}


def _read_lines(orders: list[str]) -> dict[str, list[dict]]:
	if not orders:
		return {}
	with_cost = "unit_cost" not in get_hidden_fields("Order")
	# The parents were read with the user's permissions; a line has none of its own.
	rows = frappe.get_all(
		"Order Item",
		filters={"parenttype": "Order", "parent": ["in", orders]},
		fields=["parent", "sku", "qty", *LINE_TEXTS, *LINE_AMOUNTS, *(["unit_cost"] if with_cost else [])],
		order_by="parent asc, idx asc",
	)
	lines: dict[str, list[dict]] = {}
	for row in rows:
		line = {"sku": row.sku or None, "qty": int(row.qty)}
		line |= {field: row[field] or "" for field in LINE_TEXTS}
		line |= {field: to_wire_money(row[field]) for field in LINE_AMOUNTS}
		if with_cost:
			line["unit_cost"] = to_wire_money(row.unit_cost)
		lines.setdefault(row.parent, []).append(line)
	return lines


def find_name(name: str | None, shop: str | None, platform_order_no: str | None) -> str:
	"""The order that a request means. Raises ApiRequestError when it means none, frappe.DoesNotExistError when it isn't there."""
	if name and not (shop or platform_order_no):
		found = frappe.db.exists("Order", name)
	elif shop and platform_order_no and not name:
		found = frappe.db.get_value("Order", {"shop": shop, "platform_order_no": platform_order_no})
	else:
		raise ApiRequestError(_("Name the order by name, or by shop and platform_order_no."), path="name")
	# What the user may not read doesn't exist for them: a number's existence is nobody else's business.
	if not found or not frappe.has_permission("Order", "read", found):
		frappe.throw(_("There is no such order that is open to you."), exc=frappe.DoesNotExistError)
	return str(found)


def get_order(name: str) -> dict:
	"""One order in the shape of `models.Order`."""
	require_permission("Order", "read", name)
	return show_orders(_read_rows([name]))[0]


def get_events(name: str) -> dict:
	"""The order's timeline in the shape of `models.OrderEvents`, oldest first, at most 500; people stay unnamed."""
	require_permission("Order", "read", name)
	rows = frappe.get_list(
		"Order Event",
		filters={"order": name},
		fields=["event", "occurred_at", "from_status", "to_status", "source"],
		order_by="occurred_at asc, creation asc, name asc",
		limit=MAX_EVENTS,
	)
	return {
		"order": name,
		"events": [
			{
				"event": row.event,
				"occurred_at": to_wire_time(row.occurred_at),
				"from_status": row.from_status or None,
				"to_status": row.to_status or None,
				"source": _hide_person(row.source or ""),
			}
			for row in rows
		],
	}


def _hide_person(source: str) -> str:
	return "user" if "@" in source or source in ("Administrator", "Guest") else source
