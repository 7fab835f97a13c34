"""Finding orders by what a buyer or a colleague has at hand: number, nick, phone, waybill. Only ever by an index.

Numbers, waybills and nicks are found by their beginning, numbers of the platform by their last digits too, phones
whole or by the last four digits. Nothing is found by its middle: that would read every order.
"""

import re

import frappe

from storegroup_oms.customers.masking import normalise_mobile
from storegroup_oms.orders import reveal
from storegroup_oms.permissions import get_scope_condition, require_permission

SHORTEST, LONGEST = 2, 100
SHORTEST_TAIL = 5
# Of each kind; the newest of all found are shown.
CANDIDATES = 50
LIMIT = 20
FIELDS = (
	"name",
	"shop",
	"platform_order_no",
	"status",
	"ordered_at",
	"buyer_nick",
	"receiver_name",
	"receiver_mobile",
	"waybill_no",
	"total_amount",
)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_DIGITS = re.compile(r"[0-9]+")


def find_orders(text: str) -> list[dict]:
	"""Orders that the user reads and that a text names, newest first, at most `LIMIT`; contacts masked.

	Each row has `FIELDS`. A whole phone number is looked up by `reveal.find_orders`, which counts the search.
	A text shorter than `SHORTEST` finds nothing. Raises frappe.PermissionError, RevealLimitError.
	"""
	require_permission("Order")
	text = (text or "").strip()[:LONGEST]
	if len(text) < SHORTEST:
		return []
	names = find_names(text)
	if is_mobile(text):
		names += [row["name"] for row in reveal.find_orders(text)]
	return get_orders(names)


def is_mobile(text: str) -> bool:
	"""True for a whole Chinese mobile number, however it is grouped."""
	return bool(re.fullmatch(r"[\d\s+()-]+", text) and _MOBILE.fullmatch(normalise_mobile(text)))


def get_orders(names: list[str], filters: dict | list | None = None, limit: int = LIMIT) -> list[dict]:
	"""The rows of some orders, as far as the user reads them and they match, newest first."""
	if not names:
		return []
	conditions = [["name", "in", names], *_as_list(filters)]
	return frappe.get_list(
		"Order", filters=conditions, fields=list(FIELDS), order_by="ordered_at desc", limit=limit
	)


def _as_list(filters: dict | list | None) -> list:
	if not isinstance(filters, dict):
		return list(filters or [])
	return [
		[field, *value] if isinstance(value, list | tuple) else [field, "=", value]
		for field, value in filters.items()
	]


def find_names(text: str) -> list[str]:
	"""Names of the orders in the user's scope whose number, waybill or nick fits; each once, in no order."""
	begins = f"{_escape(text)}%"
	parts = [
		("`tabOrder`.name LIKE %s", begins),
		("`tabOrder`.platform_order_no LIKE %s", begins),
		("`tabOrder`.waybill_no LIKE %s", begins),
		("`tabOrder`.buyer_nick LIKE %s", begins),
	]
	if _DIGITS.fullmatch(text) and len(text) >= SHORTEST_TAIL:
		parts.append(("`tabOrder`.platform_order_no_reversed LIKE %s", f"{text[::-1]}%"))
	if _DIGITS.fullmatch(text) and len(text) == 4:
		tail = (
			"`tabOrder`.name IN (SELECT receiver.name FROM `tabOrder Receiver` receiver"
			" WHERE receiver.mobile_tail = %s)"
		)
		parts.append((tail, text))
	scope = get_scope_condition("Order").replace("%", "%%")
	also = f" AND {scope}" if scope else ""
	query = " UNION ".join(
		f"(SELECT `tabOrder`.name FROM `tabOrder` WHERE {condition}{also} LIMIT {CANDIDATES})"
		for condition, _value in parts
	)
	# The scope's values are escaped, the text is bound.
	return [name for (name,) in frappe.db.sql(query, [value for _condition, value in parts])]


def _escape(text: str) -> str:
	return re.sub(r"([\\%_])", r"\\\1", text)
