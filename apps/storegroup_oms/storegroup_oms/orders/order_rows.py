"""Canonical orders as rows of `Order` and `Order Item`. Reads and writes nothing."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from frappe.utils import get_system_timezone

from storegroup_oms.catalog.matching import UNMATCHED, Match, Offer
from storegroup_oms.hashing import hash_text, make_row_name
from storegroup_oms.orders import receivers
from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder

# What the platform owns and a newer copy overwrites.
PLATFORM_FIELDS = (
	"platform_status",
	"order_type",
	"buyer_nick",
	"platform_buyer_id",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
	"town",
	"address",
	"merge_key",
	"buyer_message",
	"seller_memo",
	"memo_flag",
	"goods_amount",
	"discount_amount",
	"platform_discount_amount",
	"freight_amount",
	"total_amount",
	"paid_amount",
	"refund_amount",
	"ordered_at",
	"paid_at",
	"ship_by",
	"platform_modified_at",
	"item_count",
	"total_qty",
	"sku_summary",
	"content_hash",
)
LINE_FIELDS = (
	"parent",
	"parenttype",
	"parentfield",
	"platform_line_no",
	"outer_id",
	"listing",
	"sku",
	"title",
	"specification",
	"qty",
	"unit_price",
	"discount_amount",
	"amount",
	"refund_status",
)
SUMMARY_LENGTH = 500

_get_zone = cache(ZoneInfo)


def to_site_time(moment: datetime | None) -> datetime | None:
	"""An aware time as the site stores it: naive, in the system's time zone, to the second."""
	return _localise(moment, _get_zone(get_system_timezone()))


def _localise(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
	if moment is None:
		return None
	local = moment if moment.tzinfo is zone else moment.astimezone(zone)
	return local.replace(tzinfo=None, microsecond=0)


def fold_number(number: str) -> str:
	"""A platform number as the unique key compares it: without case and width."""
	is_plain = number.isascii() and number.isdecimal()
	return number if is_plain else unicodedata.normalize("NFKC", number).casefold()


def hash_content(order: CanonicalOrder) -> str:
	"""A hash over everything in the canonical order; keyed, since it covers personal data."""
	return hash_text("order", order.model_dump_json())


def make_offer(line: CanonicalLine) -> Offer:
	"""What a line says about the goods sold."""
	return Offer(
		line.platform_item_id, line.platform_sku_id, line.sku_code, line.title, line.spec, line.unit_price
	)


def get_platform_values(order: CanonicalOrder, content_hash: str, lines: Sequence[dict]) -> dict:
	"""Values of `PLATFORM_FIELDS`; `lines` are the order's line rows as they will be stored."""
	region, receiver = receivers.get_parts(order)
	zone = _get_zone(get_system_timezone())
	masked = {
		**receiver.get_masks(),
		"province": order.receiver.province,
		"city": order.receiver.city,
		"district": order.receiver.district,
		"town": order.receiver.town,
	}
	return {
		"platform_status": order.platform_status,
		"order_type": order.order_type,
		"buyer_nick": order.buyer_nick,
		"platform_buyer_id": order.platform_buyer_id,
		**masked,
		"merge_key": receivers.make_merge_key(
			{
				**masked,
				"platform": order.platform,
				"platform_buyer_id": order.platform_buyer_id,
				"buyer_nick": order.buyer_nick,
			},
			receivers.hash_mobile(receiver.mobile),
			receivers.hash_address(region, receiver.address) if receiver.address else "",
			receiver.platform_token,
		),
		"buyer_message": order.buyer_message,
		"seller_memo": order.seller_memo,
		"memo_flag": order.memo_flag,
		"goods_amount": order.goods_amount,
		"discount_amount": order.discount_amount,
		"platform_discount_amount": order.platform_discount_amount,
		"freight_amount": order.freight_amount,
		"total_amount": order.total_amount,
		"paid_amount": order.paid_amount,
		"refund_amount": order.refund_amount,
		"ordered_at": _localise(order.ordered_at, zone),
		"paid_at": _localise(order.paid_at, zone),
		"ship_by": _localise(order.ship_by, zone),
		"platform_modified_at": _localise(order.modified_at, zone),
		"content_hash": content_hash,
		**summarise_lines(lines),
	}


def summarise_lines(lines: Sequence[dict]) -> dict:
	"""item_count, total_qty and sku_summary of line rows. Gifts are no part of the summary: it tells what was sold."""
	sold = [line for line in lines if not line.get("is_gift")]
	parts = [f"{line['sku'] or line['title'] or '?'}×{line['qty']}" for line in sold]
	return {
		"item_count": len(lines),
		"total_qty": sum(line["qty"] for line in lines),
		"sku_summary": ", ".join(parts)[:SUMMARY_LENGTH],
	}


def make_line_rows(order: CanonicalOrder, matches: dict[Offer, Match]) -> list[dict]:
	"""Rows of `Order Item` that lack the order's name; see `name_lines`."""
	rows = []
	for position, line in enumerate(order.lines, start=1):
		match = matches.get(make_offer(line), UNMATCHED)
		rows.append(
			{
				"idx": position,
				"parenttype": "Order",
				"parentfield": "items",
				"platform_line_no": line.platform_line_no,
				"outer_id": line.sku_code,
				"listing": match.listing,
				"sku": match.sku,
				"title": line.title,
				"specification": line.spec,
				"qty": line.qty,
				"unit_price": line.unit_price,
				"discount_amount": line.discount_amount,
				"amount": line.amount,
				"refund_status": line.refund_status,
			}
		)
	return rows


def name_lines(lines: Iterable[dict], order: str) -> None:
	"""Set `name` and `parent` of an order's line rows; the same line has the same name wherever it stands.

	A line without a platform number, or with one that another line has, is known by its position.
	"""
	seen = set()
	for line in lines:
		key = line["platform_line_no"]
		if not key or key in seen:
			key = f"#{line['idx']}"
		seen.add(key)
		line["name"] = make_row_name("line", order, key)
		line["parent"] = order


def is_unmatched(lines: Iterable[dict]) -> bool:
	"""True when a line that the platform sold has no SKU."""
	return any(not line["sku"] and not line.get("is_gift") for line in lines)
