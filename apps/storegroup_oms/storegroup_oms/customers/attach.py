"""One Customer for each buyer's account at a platform, found or made for many orders at once.

An account is known by (platform, user id); the name of its `Customer Identity` row is a hash of the two, so
the primary key lets no two workers make two customers of one buyer. Never commits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import frappe

from storegroup_oms.bulk import insert_rows, reserve_names, update_rows
from storegroup_oms.customers.masking import is_masked
from storegroup_oms.hashing import hash_text, make_row_name

SERIES = "CU-"
SERIES_DIGITS = 9
LONGEST_CHAIN = 5
# How sure an identity is, in percent.
SURE_ID, SURE_NICK, SURE_MOBILE, SURE_PRINT = 100, 90, 80, 60
CUSTOMER_FIELDS = ("customer_name", "mobile_masked", "mobile_hash", "province", "city")
IDENTITY_FIELDS = (
	"parent",
	"parenttype",
	"parentfield",
	"platform",
	"platform_user_id",
	"nick",
	"confidence",
	"linked_at",
)
COUNTERS = (
	"order_count",
	"total_paid",
	"total_refunded",
	"first_order_at",
	"last_order_at",
	"favourite_shop",
)
TEXT_LENGTH = 140


@dataclass(frozen=True)
class Buyer:
	"""The buyer of one order as far as it is known, without anything raw. Texts are empty where not known.

	`receiver_name`, `mobile_masked` and `address_masked` are masks, `mobile_hash` a keyed hash that is there
	only when the phone came in clear.
	"""

	platform: str
	platform_buyer_id: str = ""
	nick: str = ""
	receiver_name: str = ""
	mobile_masked: str = ""
	mobile_hash: str = ""
	province: str = ""
	city: str = ""
	district: str = ""
	address_masked: str = ""


@dataclass(frozen=True)
class Identity:
	"""The account that an order counts for; equal for all orders of one account."""

	platform: str
	user_id: str
	confidence: int

	@cached_property
	def name(self) -> str:
		return make_identity_name(self.platform, self.user_id)


def make_identity_name(platform: str, user_id: str) -> str:
	return make_row_name("identity", platform, user_id)


def find_identity(buyer: Buyer) -> Identity | None:
	"""The strongest identity that the facts allow: account id, nick, phone, then the print of a masked receiver.

	None when even the masked receiver is incomplete: such an order has no customer.
	"""
	if buyer.platform_buyer_id:
		return Identity(buyer.platform, buyer.platform_buyer_id, SURE_ID)
	if not is_masked(buyer.nick):
		return Identity(buyer.platform, f"nick:{buyer.nick}"[:TEXT_LENGTH], SURE_NICK)
	if buyer.mobile_hash:
		return Identity(buyer.platform, f"mobile:{buyer.mobile_hash}", SURE_MOBILE)
	parts = (
		buyer.receiver_name,
		buyer.mobile_masked,
		buyer.province,
		buyer.city,
		buyer.district,
		buyer.address_masked,
	)
	if not all(parts):
		return None
	return Identity(buyer.platform, f"fp:{hash_text('buyer', chr(31).join(parts))}", SURE_PRINT)


def attach_buyers(buyers: Iterable[Buyer]) -> dict[Buyer, str]:
	"""The Customer of each buyer that has an identity; unknown ones are created. Merged customers are followed.

	A fixed number of statements. The counter of the series stays locked until the transaction ends when
	customers are created.
	"""
	identities = {buyer: identity for buyer in buyers if (identity := find_identity(buyer))}
	owners = _read_owners(identities.values())
	first: dict[Identity, Buyer] = {}
	for buyer, identity in identities.items():
		if identity not in owners:
			first.setdefault(identity, buyer)
	owners |= _create_customers(sorted(first.items(), key=lambda item: item[0].name))
	survivors = _follow_merges(set(owners.values()))
	return {
		buyer: survivors.get(owners[identity], owners[identity]) for buyer, identity in identities.items()
	}


def _read_owners(identities: Iterable[Identity]) -> dict[Identity, str]:
	wanted = {(identity.platform, identity.user_id): identity for identity in identities}
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"SELECT platform, platform_user_id, parent FROM `tabCustomer Identity` WHERE platform IN %(platforms)s"
		" AND platform_user_id IN %(user_ids)s AND parenttype = 'Customer' ORDER BY creation",
		{
			"platforms": sorted({platform for platform, _user_id in wanted}),
			"user_ids": sorted({user_id for _platform, user_id in wanted}),
		},
	)
	# The database compares without case, account ids differ by it.
	return {
		wanted[platform, user_id]: parent
		for platform, user_id, parent in rows
		if (platform, user_id) in wanted
	}


def _create_customers(unknown: Sequence[tuple[Identity, Buyer]]) -> dict[Identity, str]:
	"""Insert identities, then customers for those that this call really inserted; returns identity → owner."""
	if not unknown:
		return {}
	now = frappe.utils.now_datetime()
	names = reserve_names(SERIES, SERIES_DIGITS, len(unknown))
	insert_rows(
		"Customer Identity",
		(
			{
				"name": identity.name,
				"idx": 1,
				"parent": name,
				"parenttype": "Customer",
				"parentfield": "identities",
				"platform": identity.platform,
				"platform_user_id": identity.user_id,
				"nick": buyer.nick,
				"confidence": identity.confidence,
				"linked_at": now,
			}
			for name, (identity, buyer) in zip(names, unknown, strict=True)
		),
		IDENTITY_FIELDS,
		on_duplicate=(),
	)
	owners = _read_new_owners(names, [identity for identity, _buyer in unknown])
	insert_rows(
		"Customer",
		(
			_make_customer(name, buyer)
			for name, (identity, buyer) in zip(names, unknown, strict=True)
			if owners[identity] == name
		),
		CUSTOMER_FIELDS,
	)
	return owners


def _read_new_owners(names: Sequence[str], identities: Sequence[Identity]) -> dict[Identity, str]:
	"""Owners of identities of which a block of customers' names was offered; most often exactly these."""
	count = frappe.db.sql(
		"SELECT COUNT(*) FROM `tabCustomer Identity` WHERE parent BETWEEN %s AND %s", (names[0], names[-1])
	)
	if count[0][0] == len(names):
		return dict(zip(identities, names, strict=True))
	# Locking, because a plain read doesn't see what others committed meanwhile.
	rows = frappe.db.sql(
		"SELECT name, parent FROM `tabCustomer Identity` WHERE name IN %(names)s ORDER BY name FOR UPDATE",
		{"names": [identity.name for identity in identities]},
	)
	owners = dict(rows)
	return {identity: owners[identity.name] for identity in identities}


def _make_customer(name: str, buyer: Buyer) -> dict:
	return {
		"name": name,
		"customer_name": buyer.receiver_name or buyer.nick or buyer.platform_buyer_id,
		"mobile_masked": buyer.mobile_masked,
		"mobile_hash": buyer.mobile_hash,
		"province": buyer.province,
		"city": buyer.city,
	}


def _follow_merges(names: set[str]) -> dict[str, str]:
	"""Customer → the one that it was merged into, to the end of the chain."""
	survivors: dict[str, str] = {}
	level = dict.fromkeys(names)
	for _step in range(LONGEST_CHAIN):
		if not level:
			break
		rows = frappe.get_all(
			"Customer",
			filters={"name": ("in", sorted(level)), "merged_into": ("is", "set")},
			fields=["name", "merged_into"],
			order_by="name asc",
		)
		survivors |= {row.name: row.merged_into for row in rows}
		level = dict.fromkeys(row.merged_into for row in rows)
	return {name: _find_end(name, survivors) for name in names if name in survivors}


def _find_end(name: str, survivors: dict[str, str]) -> str:
	seen = set()
	while name in survivors and name not in seen:
		seen.add(name)
		name = survivors[name]
	return name


def get_first_paid(customers: Iterable[str]) -> dict[str, datetime]:
	"""Customer → when their first paid order was placed; customers without one are left out."""
	wanted = sorted(set(customers))
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"SELECT customer, MIN(ordered_at) FROM tabOrder WHERE customer IN %(names)s AND paid_at IS NOT NULL"
		" GROUP BY customer",
		{"names": wanted},
	)
	return dict(rows)


def refresh_customers(names: Iterable[str]) -> int:
	"""Recompute the counters of customers from their orders; returns how many customers.

	`order_count` counts all orders; amounts are sums to the cent. The favourite shop has the most orders, the
	latest of equals. Locks the customers in name order.
	"""
	wanted = sorted(set(names))
	if not wanted:
		return 0
	table = frappe.qb.DocType("Customer")
	locked = (
		frappe.qb.from_(table)
		.select(table.name)
		.where(table.name.isin(wanted))
		.orderby(table.name)
		.for_update()
	).run(pluck=True)
	figures = _count_orders(locked) if locked else {}
	update_rows("Customer", [{"name": name, **figures.get(name, _EMPTY)} for name in locked], COUNTERS)
	return len(locked)


_EMPTY = {"order_count": 0, "total_paid": 0, "total_refunded": 0}


def _count_orders(customers: Sequence[str]) -> dict[str, dict]:
	rows = frappe.db.sql(
		"SELECT customer, shop, COUNT(*) AS orders, SUM(paid_amount) AS paid, SUM(refund_amount) AS refunded,"
		" MIN(ordered_at) AS first_at, MAX(ordered_at) AS last_at"
		" FROM tabOrder WHERE customer IN %(names)s GROUP BY customer, shop ORDER BY customer, orders, last_at",
		{"names": customers},
		as_dict=True,
	)
	figures: dict[str, dict] = {}
	for row in rows:
		figure = figures.setdefault(
			row.customer, {**_EMPTY, "first_order_at": row.first_at, "last_order_at": row.last_at}
		)
		figure["order_count"] += row.orders
		figure["total_paid"] += Decimal(str(row.paid or 0))
		figure["total_refunded"] += Decimal(str(row.refunded or 0))
		figure["first_order_at"] = _pick(min, figure["first_order_at"], row.first_at)
		figure["last_order_at"] = _pick(max, figure["last_order_at"], row.last_at)
		figure["favourite_shop"] = row.shop
	return figures


def _pick(choose, *moments: datetime | None) -> datetime | None:
	known = [moment for moment in moments if moment]
	return choose(known) if known else None
