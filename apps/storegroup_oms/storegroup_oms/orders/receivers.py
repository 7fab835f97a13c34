"""Receivers' raw names, phones and addresses: kept encrypted apart from the order.

The only module that reads or writes `Order Receiver`. An order itself carries masks, so that no
list, report, export, search or API answer can leak what it doesn't hold. See docs/adr/0004.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import frappe
from frappe.utils.password import decrypt, encrypt

from storegroup_oms.bulk import insert_rows
from storegroup_oms.customers.masking import (
	get_tail,
	is_masked,
	mask_address,
	mask_mobile,
	mask_name,
	normalise_mobile,
)
from storegroup_oms.hashing import hash_text
from storegroup_oms.orders.canonical import CanonicalOrder


@dataclass(frozen=True, repr=False)
class Receiver:
	"""Who gets the parcel, in clear. Parts that the platform didn't give are empty. Its repr tells nothing."""

	name: str = ""
	mobile: str = ""
	address: str = ""
	platform_token: str = ""

	@property
	def has_raw(self) -> bool:
		"""True when at least one part is in clear."""
		return any(part and not is_masked(part) for part in (self.name, self.mobile, self.address))

	def get_masks(self) -> dict[str, str]:
		"""Values for the order's fields receiver_name, receiver_mobile and address."""
		return {
			"receiver_name": mask_name(self.name),
			"receiver_mobile": mask_mobile(self.mobile),
			"address": mask_address(self.address),
		}


# What an order's merge key is made of, beside the stored contact.
KEY_FIELDS = ("receiver_name", "receiver_mobile", "province", "city", "district", "town", "address")
# How surely two orders of one key go to one person: by phone and address in clear, by the platform's token, by masks.
CLEAR, TOKEN, MASKS = "c-", "t-", "m-"

FIELDS = ("order", "shop", "mobile_hash", "mobile_tail", "address_hash", "platform_token", "payload")


def hash_mobile(mobile: str | None) -> str:
	"""Keyed hash of a phone number: equal numbers give equal hashes on this site only. Empty for masks."""
	return "" if is_masked(mobile) else hash_text("mobile", normalise_mobile(mobile))


def hash_address(*parts: str | None) -> str:
	"""Keyed hash of an address, blind to spaces, punctuation and width. Empty when a part is masked."""
	text = "".join(part or "" for part in parts)
	if is_masked(text):
		return ""
	return hash_text("address", re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower())


def make_merge_key(values: Mapping, mobile_hash: str, address_hash: str, platform_token: str) -> str:
	"""A key that orders to one receiver have in common; empty where too little is known.

	`values` are an order's masked `KEY_FIELDS`, platform and buyer (platform_buyer_id, else buyer_nick). Clear
	contacts are equal on all platforms, tokens and masks on one platform only, masks for one buyer only.
	"""
	if mobile_hash and address_hash:
		return CLEAR + hash_text("receiver", f"{values['receiver_name']}|{mobile_hash}|{address_hash}")
	platform = values.get("platform") or ""
	if platform_token:
		return TOKEN + hash_text("receiver", f"{platform}|{platform_token}")
	buyer = values.get("platform_buyer_id") or values.get("buyer_nick")
	if not (buyer and get_tail(values["receiver_mobile"]) and values["address"]):
		return ""
	parts = [platform, buyer, *((values.get(name) or "") for name in KEY_FIELDS)]
	return MASKS + hash_text("receiver", "|".join(parts))


def is_sure_key(key: str | None) -> bool:
	"""True where orders of a key certainly go to one receiver."""
	return (key or "").startswith((CLEAR, TOKEN))


def prefer_key(new: str, old: str | None, is_other: bool) -> str:
	"""The key after a newer copy: of the same receiver, the one that tells more."""
	ranks = ("", MASKS, TOKEN, CLEAR)
	if is_other or not old or ranks.index(new[:2]) >= ranks.index(old[:2]):
		return new
	return old


def get_parts(order: CanonicalOrder) -> tuple[str, Receiver]:
	"""Region (province, city, district) and receiver of a canonical order."""
	receiver = order.receiver
	region = receiver.province + receiver.city + receiver.district
	return region, Receiver(receiver.name, receiver.mobile, receiver.address, receiver.platform_token)


def store_receivers(rows: Iterable[tuple[str, str, str, Receiver]]) -> int:
	"""Insert or replace receivers in one statement; returns how many rows were given.

	Each row: (order, shop, region = province + city + district, receiver). A receiver without
	anything in clear and without a platform token is skipped, so that a later masked copy of an order
	never wipes what an earlier one brought.
	"""
	return store_columns(
		(order, shop, get_columns(region, receiver)) for order, shop, region, receiver in rows
	)


def store_columns(rows: Iterable[tuple[str, str, dict | None]]) -> int:
	"""Like `store_receivers` for (order, shop, what `get_columns` made); None is skipped."""
	values = [
		{"name": order, "order": order, "shop": shop, **columns} for order, shop, columns in rows if columns
	]
	return insert_rows(
		"Order Receiver",
		values,
		FIELDS,
		on_duplicate=("modified", "modified_by", *FIELDS[2:]),
		keep_if_empty=FIELDS[2:],
	)


def get_columns(region: str, receiver: Receiver) -> dict[str, str | None] | None:
	"""Hashes and ciphertext of a receiver; None when nothing is in clear and there is no platform token.

	The costly part of storing one: make it before locks are taken.
	"""
	if not (receiver.has_raw or receiver.platform_token):
		return None
	clear = {
		part: text
		for part, text in (
			("name", receiver.name),
			("mobile", receiver.mobile),
			("address", receiver.address),
		)
		if text and not is_masked(text)
	}
	return {
		"mobile_hash": hash_mobile(receiver.mobile),
		"mobile_tail": get_tail(receiver.mobile),
		"address_hash": hash_address(region, receiver.address) if receiver.address else "",
		"platform_token": receiver.platform_token,
		"payload": encrypt(json.dumps(clear, ensure_ascii=False)) if clear else None,
	}


def read_keys(orders: Sequence[str]) -> dict[str, frappe._dict]:
	"""Order → what its stored receiver can be compared by: mobile_hash, address_hash, has_clear. No permission check."""
	if not orders:
		return {}
	table = frappe.qb.DocType("Order Receiver")
	rows = (
		frappe.qb.from_(table)
		.select(table.name, table.mobile_hash, table.address_hash, table.payload.isnotnull().as_("has_clear"))
		.where(table.name.isin(list(orders)))
	).run(as_dict=True)
	return {row.name: row for row in rows}


def read_clear(orders: Sequence[str]) -> dict[str, Receiver]:
	"""Order → what is stored of its receiver in clear. Checks no permission and logs nothing: for checks by machine only."""
	if not orders:
		return {}
	rows = frappe.db.sql(
		"SELECT name, payload, platform_token FROM `tabOrder Receiver` WHERE name IN %s", [list(orders)]
	)
	return {
		name: Receiver(**(json.loads(decrypt(payload)) if payload else {}), platform_token=token or "")
		for name, payload, token in rows
	}


def is_other_receiver(stored: dict, keys: dict | None, new: dict, region: str, receiver: Receiver) -> bool:
	"""True when a newer copy sends the parcel to somebody or somewhere else.

	`stored` and `new` are the order's masked values before and after, `keys` its row of `read_keys`. Only what
	both copies know alike is compared: clear with clear by hash, mask with mask, and of a clear one beside a
	mask no more than its first character or last four digits. Platform tokens change by the week and tell nothing.
	"""
	if any((stored[part] or "") != new[part] for part in ("province", "city", "district", "town")):
		return True
	keys = keys or {}
	had_clear = bool(keys.get("has_clear"))
	hashes = (
		(keys.get("mobile_hash"), hash_mobile(receiver.mobile)),
		(keys.get("address_hash"), hash_address(region, receiver.address) if receiver.address else ""),
	)
	if any(old and now and old != now for old, now in hashes):
		return True
	tails = get_tail(stored["receiver_mobile"]), get_tail(new["receiver_mobile"])
	if all(tails) and tails[0] != tails[1]:
		return True
	return any(
		_differ(stored[part], new[part], had_clear == (not is_masked(raw)))
		for part, raw in (("receiver_name", receiver.name), ("address", receiver.address))
	)


def _differ(old: str | None, new: str, is_alike: bool) -> bool:
	if not old or not new:
		return False
	return old != new if is_alike else old[0] != new[0]


def get_receiver(order: str) -> Receiver:
	"""The receiver of one order in clear, as far as it is known; masks fill the rest.

	Checks no permission and logs nothing: callers are `api.privacy` (which does both) and label
	printing.
	"""
	masks = (
		frappe.db.get_value("Order", order, ["receiver_name", "receiver_mobile", "address"], as_dict=True)
		or {}
	)
	row = frappe.db.get_value("Order Receiver", order, ["payload", "platform_token"], as_dict=True) or {}
	return _open(masks, row)


def get_receivers(orders: Sequence[str]) -> dict[str, Receiver]:
	"""`get_receiver` for many orders in two statements; unknown ones are left out."""
	names = list(orders) or [""]
	masks = frappe.get_all(
		"Order",
		filters={"name": ["in", names]},
		fields=["name", "receiver_name", "receiver_mobile", "address"],
		order_by="name asc",
	)
	table = frappe.qb.DocType("Order Receiver")
	rows = (
		frappe.qb.from_(table)
		.select(table.name, table.payload, table.platform_token)
		.where(table.name.isin(names))
	).run(as_dict=True)
	stored = {row.name: row for row in rows}
	return {mask.name: _open(mask, stored.get(mask.name) or {}) for mask in masks}


def _open(masks: dict, row: dict) -> Receiver:
	clear = json.loads(decrypt(row["payload"])) if row.get("payload") else {}
	return Receiver(
		name=clear.get("name") or masks.get("receiver_name") or "",
		mobile=clear.get("mobile") or masks.get("receiver_mobile") or "",
		address=clear.get("address") or masks.get("address") or "",
		platform_token=row.get("platform_token") or "",
	)


def find_orders_by_mobile(mobile: str) -> list[str]:
	"""Names of the orders that go to a phone number, newest first; at most 500. No permission check."""
	wanted = hash_mobile(mobile)
	if not wanted:
		return []
	return frappe.get_all(
		"Order Receiver", filters={"mobile_hash": wanted}, pluck="name", order_by="creation desc", limit=500
	)


def protect_order(order) -> None:
	"""Take raw receiver values out of an Order document before it is saved, leaving masks.

	What was taken waits in `order.flags.receiver` for `store_receiver`. Idempotent: masks are left alone.
	"""
	_protect(order)
	if order.is_new() or any(order.has_value_changed(name) for name in KEY_FIELDS) or order.flags.receiver:
		order.merge_key = _find_merge_key(order)


def _protect(order) -> None:
	receiver = Receiver(
		name=order.receiver_name or "", mobile=order.receiver_mobile or "", address=order.address or ""
	)
	if not receiver.has_raw:
		return
	known = get_receiver(order.name) if not order.is_new() else Receiver()
	order.flags.receiver = Receiver(
		name=_prefer_clear(receiver.name, known.name),
		mobile=_prefer_clear(receiver.mobile, known.mobile),
		address=_prefer_clear(receiver.address, known.address),
		platform_token=known.platform_token,
	)
	order.update(receiver.get_masks())


def _find_merge_key(order) -> str:
	receiver = order.flags.receiver or (Receiver() if order.is_new() else get_receiver(order.name))
	region = "".join(part or "" for part in (order.province, order.city, order.district))
	address_hash = hash_address(region, receiver.address) if receiver.address else ""
	values = {
		name: order.get(name) or "" for name in (*KEY_FIELDS, "platform", "platform_buyer_id", "buyer_nick")
	}
	return make_merge_key(values, hash_mobile(receiver.mobile), address_hash, receiver.platform_token)


def _prefer_clear(new: str, old: str) -> str:
	return old if is_masked(new) and old else new


def store_receiver(order) -> None:
	"""Store what `protect_order` took out of this document; call from on_update, when the name is known."""
	receiver = order.flags.pop("receiver", None)
	if receiver:
		region = "".join(part or "" for part in (order.province, order.city, order.district))
		store_receivers([(order.name, order.shop, region, receiver)])
