"""Counting again: does the platform have more of a span of time than we do? What is missing is filled in.

Finds what no window could see when it was walked, such as an order that the platform showed only later under an
old time.
"""

from datetime import timedelta

import frappe

from storegroup_oms.connectors import feeds, health, pull
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.base import TimeWindow
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.connectors.windows import split_span
from storegroup_oms.orders.intake import to_site_time


def recheck(session: Session, hours: int) -> int:
	"""Compare counts over the last hours and walk the spans that differ, orders and refunds; returns how many. Commits."""
	limits = session.connector.limits
	end = (now() - limits.end_lag - timedelta(minutes=2)).replace(microsecond=0)
	start = max(end - timedelta(hours=hours), now() - limits.lookback + timedelta(minutes=1))
	different = [
		span
		for span in split_span(start.replace(microsecond=0), end, limits.max_window)
		if session.call(lambda client, span=span: client.count_orders(span)) != count_ours(session.shop, span)
	]
	if not different:
		return 0
	for feed in (feeds.ORDERS, feeds.REFUNDS):
		pull.add_windows(session.shop, feed.name, different, "Recheck")
	frappe.db.commit()
	for feed in (feeds.ORDERS, feeds.REFUNDS):
		for _span in different:
			window = pull.claim(session.shop, feed.name, ["Recheck"])
			if window is None:
				break
			pull.work_window(session, feed, window)
	health.note_pull(session.shop)
	frappe.db.commit()
	return len(different)


def count_ours(shop: str, span: TimeWindow) -> int:
	"""Orders of a shop that were last changed on the platform within the span, by what we know of them."""
	return frappe.db.count(
		"Order",
		{
			"shop": shop,
			"platform_modified_at": ("between", (to_site_time(span.start), to_site_time(span.end))),
		},
	)
