"""Looking at a receiver's raw name, phone and address: on purpose, with a reason, counted, on record."""

import hashlib
from collections import Counter

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, getdate, now_datetime

from storegroup_oms.customers.masking import is_masked, normalise_mobile
from storegroup_oms.exceptions import InvalidValueError, RevealLimitError
from storegroup_oms.orders import receivers
from storegroup_oms.permissions import require_permission

# Warehouse staff see contacts on labels that they print; finance needs none.
ROLES = ("OMS Customer Service", "OMS Order Clerk", "OMS Manager", "OMS Administrator")
REASON_MAX_LENGTH = 500
# A mask leaves 10,000 numbers to try. A day's honest searches are far fewer.
SEARCHES_PER_DAY = 300
FOUND_FIELDS = (
	"name",
	"shop",
	"platform_order_no",
	"status",
	"ordered_at",
	"receiver_name",
	"receiver_mobile",
	"total_amount",
)


def reveal(order: str, reason: str) -> dict[str, str]:
	"""The receiver's name, mobile and address in clear, after the look has been written down.

	The session's user must read the order and hold one of `ROLES`; `reason` is bounded by the settings.
	Inserts one Personal Data Access row in the caller's transaction; a refusal writes nothing. Raises
	frappe.PermissionError, InvalidValueError or RevealLimitError.
	"""
	check_role()
	document = frappe.get_doc("Order", order)
	document.check_permission("read")
	reason = clean_reason(reason)
	record_access("Order", document.name, document.shop, ("name", "mobile", "address"), reason)
	receiver = receivers.get_receiver(document.name)
	return {"name": receiver.name, "mobile": receiver.mobile, "address": receiver.address}


def check_role() -> None:
	"""Raises frappe.PermissionError unless the session's user may reveal contacts."""
	if not set(ROLES) & set(frappe.get_roles()):
		frappe.throw(
			_("Your roles do not include looking at contacts. Ask a manager."),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)


def clean_reason(reason: str | None) -> str:
	"""The reason without surrounding space. Raises InvalidValueError when it is too short or too long."""
	reason = (reason or "").strip()
	shortest = max(1, cint(frappe.db.get_single_value("OMS Settings", "reveal_reason_min_length")))
	if not shortest <= len(reason) <= REASON_MAX_LENGTH:
		frappe.throw(
			_("Give a reason of {0} to {1} characters.").format(shortest, REASON_MAX_LENGTH),
			exc=InvalidValueError,
			title=_("Reason Needed"),
		)
	return reason


def record_access(doctype: str, name: str, shop: str | None, fields: tuple[str, ...], reason: str) -> str:
	"""Insert the user's next Personal Data Access row of the day; returns its name.

	The n-th look of a user and day has one possible name, so that of two requests at the same time the
	primary key lets one through and the other takes the next number: the limit holds without a lock.
	Raises RevealLimitError, having written nothing.
	"""
	user, now = frappe.session.user, now_datetime()
	limit = cint(frappe.db.get_single_value("OMS Settings", "reveal_limit_per_day"))
	number = count_today(user) + 1
	while number <= limit:
		access = frappe.get_doc(
			{
				"doctype": "Personal Data Access",
				"user": user,
				"reference_doctype": doctype,
				"reference_name": name,
				"shop": shop,
				"accessed_at": now,
				"revealed_fields": ", ".join(fields),
				"reason": reason,
				"ip_address": getattr(frappe.local, "request_ip", None),
			}
		)
		try:
			# Nobody has the right to create rows of the log by hand.
			return access.insert(ignore_permissions=True, set_name=_make_access_name(user, now, number)).name
		except frappe.DuplicateEntryError:
			frappe.clear_last_message()
			number += 1
	frappe.throw(
		_("You have looked at {0} contacts today, which is the limit. Ask a manager.").format(limit),
		exc=RevealLimitError,
		title=_("Limit Reached"),
	)


def _make_access_name(user: str, moment, number: int) -> str:
	return f"{hashlib.sha256(user.encode()).hexdigest()[:12]}-{moment:%Y%m%d}-{number:05d}"


def count_today(user: str) -> int:
	"""How many contacts a user has revealed since midnight, site time."""
	midnight = get_datetime(getdate(now_datetime()))
	return frappe.db.count("Personal Data Access", {"user": user, "accessed_at": [">=", midnight]})


def find_orders(mobile: str) -> list[dict]:
	"""Orders to a phone number, newest first, of those that the user reads; masked. At most 500.

	Raises InvalidValueError for what can't be a number, RevealLimitError after `SEARCHES_PER_DAY`.
	"""
	require_permission("Order")
	digits = normalise_mobile(mobile)
	if is_masked(mobile) or not 5 <= len(digits) <= 20:
		frappe.throw(
			_("Give the whole phone number, digits only."),
			exc=InvalidValueError,
			title=_("Not a Phone Number"),
		)
	_count_search()
	names = receivers.find_orders_by_mobile(mobile)
	if not names:
		return []
	return frappe.get_list(
		"Order",
		filters={"name": ["in", names]},
		fields=list(FOUND_FIELDS),
		order_by="ordered_at desc",
		limit=500,
	)


def _count_search() -> None:
	key = frappe.cache.make_key(f"oms_phone_searches|{frappe.session.user}|{getdate(now_datetime())}")
	searches = frappe.cache.incr(key)
	frappe.cache.expire(key, 86_400)
	if searches > SEARCHES_PER_DAY:
		frappe.throw(
			_("You have searched {0} phone numbers today, which is the limit.").format(SEARCHES_PER_DAY),
			exc=RevealLimitError,
			title=_("Limit Reached"),
		)


def get_summary() -> list[dict]:
	"""Who revealed how many contacts today, most first, of the rows that the user may read."""
	midnight = get_datetime(getdate(now_datetime()))
	users = frappe.get_list(
		"Personal Data Access", filters={"accessed_at": [">=", midnight]}, pluck="user", limit=20_000
	)
	return [{"user": user, "count": count} for user, count in Counter(users).most_common()]
