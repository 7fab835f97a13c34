"""A person corrects what holds an order: where it goes, what a line costs, what the memo says. Traced, checked again at once. Never commits."""

from collections.abc import Mapping

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import events, receivers, reveal, review
from storegroup_oms.orders.doctype.order.amounts import to_cents
from storegroup_oms.orders.money import MoneyError, to_money
from storegroup_oms.orders.review_steps import UNDER_REVIEW

REGION = ("province", "city", "district", "town")
CONTACT = {"receiver_name": "name", "receiver_mobile": "mobile", "address": "address"}
LONGEST = {"address": 500}
LONGEST_MEMO = 500


def correct_receiver(order: str, values: Mapping[str, str], reason: str) -> list[str]:
	"""Change parts of where an order goes; what isn't given, or is empty, stays. Returns the names of changed fields.

	`values` has fieldnames of the order, contacts in clear. For roles that may see contacts, for orders under review.
	The timeline tells which parts changed and why, regions with their former value, never a contact. Raises
	frappe.PermissionError or InvalidValueError, having written nothing.
	"""
	reveal.check_role()
	reason = _clean_reason(reason)
	document = _open(order)
	given = _clean(values)
	known = receivers.get_receiver(document.name)
	raw = {fieldname: getattr(known, part) for fieldname, part in CONTACT.items()}
	before = {**raw, **{fieldname: document.get(fieldname) or "" for fieldname in REGION}}
	changed = sorted(fieldname for fieldname, text in given.items() if before[fieldname] != text)
	if not changed:
		return []
	# All contacts in clear, so that what they are found and compared by is made anew with the new region.
	document.update({**raw, **given})
	document.save()
	regions = {name: [before[name], given[name]] for name in changed if name in REGION}
	details = {"fields": changed, "reason": reason, **({"regions": regions} if regions else {})}
	_tell(document.name, "Receiver corrected", details)
	return changed


def correct_price(order: str, line: str, unit_price: str, reason: str) -> dict[str, str]:
	"""Give one line of an order under review another unit price; line, goods and total follow by the cent.

	Returns {before, after} of the line's unit price. What the buyer has paid stays as it is. Raises InvalidValueError.
	"""
	reason = _clean_reason(reason)
	document = _open(order)
	row = next((row for row in document.items if row.name == line), None)
	if not row or row.is_gift:
		frappe.throw(_("The order has no such line."), exc=InvalidValueError, title=_("No Such Line"))
	try:
		price = to_money(unit_price)
	except MoneyError:
		price = to_money(-1)
	cents = to_cents(price)
	amount = cents * cint(row.qty) - to_cents(row.discount_amount)
	if cents < 0 or amount < 0:
		frappe.throw(
			_("Give a price of at least 0.00 that covers the line's discount."),
			exc=InvalidValueError,
			title=_("Wrong Price"),
		)
	before, more = to_cents(row.unit_price), amount - to_cents(row.amount)
	row.unit_price, row.amount = cents / 100, amount / 100
	document.goods_amount = (to_cents(document.goods_amount) + more) / 100
	document.total_amount = (to_cents(document.total_amount) + more) / 100
	document.save()
	prices = {"before": f"{before / 100:.2f}", "after": f"{cents / 100:.2f}"}
	_tell(document.name, "Price corrected", {"line": row.sku or row.title, **prices, "reason": reason})
	return prices


def correct_memo(order: str, memo: str, reason: str) -> str:
	"""Give an order under review another seller's memo, empty to take it away; returns the former one.

	Only here: the platform keeps its own, and a later change of it there comes in again. Raises InvalidValueError.
	"""
	reason = _clean_reason(reason)
	memo = (memo or "").strip()
	if len(memo) > LONGEST_MEMO:
		frappe.throw(_("Write at most {0} characters.").format(LONGEST_MEMO), exc=InvalidValueError)
	document = _open(order)
	before = document.seller_memo or ""
	if memo != before:
		document.seller_memo = memo
		document.save()
		_tell(document.name, "Memo corrected", {"before": before[:140], "reason": reason})
	return before


def _open(order: str) -> Document:
	document = frappe.get_doc("Order", order, for_update=True)
	document.check_permission("write")
	status = document.status
	if status not in UNDER_REVIEW:
		frappe.throw(
			_("Order {0} is {1}. Send it back to review first.").format(document.name, _(status)),
			exc=InvalidValueError,
			title=_("Order Has Gone On"),
		)
	return document


def _clean_reason(reason: str | None) -> str:
	reason = (reason or "").strip()[:500]
	if not reason:
		frappe.throw(_("Say why."), exc=InvalidValueError, title=_("Reason Missing"))
	return reason


def _clean(values: Mapping[str, str]) -> dict[str, str]:
	known = {*REGION, *CONTACT}
	if unknown := set(values) - known:
		frappe.throw(
			_("{0} can't be corrected here.").format(", ".join(sorted(unknown))), exc=InvalidValueError
		)
	given = {name: " ".join(str(text or "").split()) for name, text in values.items()}
	for name, text in given.items():
		if len(text) > LONGEST.get(name, 140):
			frappe.throw(
				_("Write at most {0} characters.").format(LONGEST.get(name, 140)), exc=InvalidValueError
			)
		if "*" in text:
			frappe.throw(
				_("Write the whole text; asterisks are what hides it."),
				exc=InvalidValueError,
				title=_("Masked Text"),
			)
	return {name: text for name, text in given.items() if text}


def _tell(order: str, event: str, details: dict) -> None:
	events.record_events(
		[{"order": order, "event": event, "source": frappe.session.user, "details": details}]
	)
	review.check_orders([order])
