"""Endpoints that find orders: the desk's search dialog and the link fields that point at an order."""

import frappe
from frappe.utils import cint

from storegroup_oms.orders import search
from storegroup_oms.permissions import require_permission

LONGEST_PAGE = 50


@frappe.whitelist(methods=["GET", "POST"])
def find_orders(text: str) -> list[dict]:
	"""Orders by number, nick, phone or waybill, newest first, at most 20, masked. See `search.find_orders`."""
	return search.find_orders(text)


@frappe.whitelist(methods=["GET", "POST"])
def search_order_links(
	doctype: str,
	txt: str,
	searchfield: str = "name",
	start: int = 0,
	page_length: int = 10,
	filters: str | dict | list | None = None,
	**options: object,
) -> list[tuple]:
	"""Frappe's standard query for links to an Order: name, number, nick, waybill and shop of each.

	Without a text the newest orders. Frappe would look for the text in the middle of five columns.
	"""
	require_permission("Order")
	filters = frappe.parse_json(filters) if isinstance(filters, str) else filters
	limit = min(cint(page_length) or 10, LONGEST_PAGE)
	text = (txt or "").strip()
	rows = search.get_orders(search.find_names(text), filters, limit) if text else get_newest(filters, limit)
	return [(row.name, row.platform_order_no, row.buyer_nick, row.waybill_no, row.shop) for row in rows]


def get_newest(filters: dict | list | None, limit: int) -> list[dict]:
	"""The newest orders that the user reads and that match."""
	return frappe.get_list(
		"Order", filters=filters or {}, fields=list(search.FIELDS), order_by="ordered_at desc", limit=limit
	)
