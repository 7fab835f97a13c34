"""A shop's listings, read in full from its platform."""

import frappe

from storegroup_oms.catalog.matching import save_listings
from storegroup_oms.connectors.base import ListingFacts
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.transactions import run_in_transaction

MAX_PAGES = 1_000


def refresh(session: Session) -> int:
	"""Bring the shop's listings up to date, page by page; returns how many the platform has. Commits.

	Listings that the platform no longer names are marked Deleted, after a walk that ended well only.
	"""
	seen: set[tuple[str, str]] = set()
	for number in range(1, MAX_PAGES + 1):
		page = session.call(lambda client, number=number: client.list_listings(number))
		facts: list[ListingFacts] = [
			fact for payload in page.rows for fact in session.connector.map_listing(payload)
		]
		run_in_transaction(lambda facts=facts: save_listings(session.shop, facts))
		seen |= {(fact.platform_item_id, fact.platform_sku_id) for fact in facts}
		if not page.has_more:
			break
	run_in_transaction(lambda: _mark_deleted(session.shop, seen))
	return len(seen)


def _mark_deleted(shop: str, seen: set[tuple[str, str]]) -> None:
	rows = frappe.get_all(
		"Listing",
		filters={"shop": shop, "status": ["!=", "Deleted"]},
		fields=["name", "platform_item_id", "platform_sku_id"],
		order_by="name asc",
	)
	gone = [row.name for row in rows if (row.platform_item_id, row.platform_sku_id or "") not in seen]
	if gone:
		table = frappe.qb.DocType("Listing")
		frappe.qb.update(table).set(table.status, "Deleted").where(table.name.isin(gone)).run()
