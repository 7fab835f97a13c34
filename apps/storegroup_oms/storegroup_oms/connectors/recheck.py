"""Counting again: does the platform have more of a span of time than we do? What is missing is filled in.

Finds what no window could see when it was walked, such as an order that the platform showed only later under an
old time.
"""

from collections.abc import Sequence
from datetime import timedelta

import frappe

from storegroup_oms.connectors import feeds, health, pull
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.base import TimeWindow
from storegroup_oms.connectors.errors import RetryableError
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.connectors.windows import split_span
from storegroup_oms.orders.intake import to_site_time

# A platform that doesn't answer so often in a row is down; the next count of the same hours is never far.
MOST_UNTOLD = 3


def recheck(session: Session, hours: int) -> int:
	"""Compare counts over the last hours and walk the spans that differ, orders and refunds; returns how many. Commits.

	A span whose count the platform doesn't tell is walked as well: its windows are tried again until they are
	complete, whatever becomes of this job. Raises RetryableError after three such spans in a row.
	"""
	limits = session.connector.limits
	end = (now() - limits.end_lag - timedelta(minutes=2)).replace(microsecond=0)
	start = max(end - timedelta(hours=hours), now() - limits.lookback + timedelta(minutes=1))
	spans = split_span(start.replace(microsecond=0), end, limits.max_window)
	different, error = find_different(session, spans)
	if not different:
		return 0
	for feed in (feeds.ORDERS, feeds.REFUNDS):
		pull.add_windows(session.shop, feed.name, different, "Recheck")
	frappe.db.commit()
	if error:
		raise error
	_walk(session, len(different))
	return len(different)


def find_different(
	session: Session, spans: Sequence[TimeWindow]
) -> tuple[list[TimeWindow], RetryableError | None]:
	"""Spans whose count isn't ours or isn't told, and the error that ended the search before its time."""
	different: list[TimeWindow] = []
	untold = 0
	for span in spans:
		try:
			count = session.call(lambda client, span=span: client.count_orders(span))
		except RetryableError as error:
			different.append(span)
			untold += 1
			if untold == MOST_UNTOLD:
				return different, error
		else:
			untold = 0
			if count != count_ours(session.shop, span):
				different.append(span)
	return different, None


def _walk(session: Session, windows: int) -> None:
	"""Walk so many of the shop's windows of rechecks; what is left then is found by `runner.tick`."""
	for feed in (feeds.ORDERS, feeds.REFUNDS):
		for _number in range(windows):
			window = pull.claim(session.shop, feed.name, ["Recheck"])
			if window is None:
				break
			pull.work_window(session, feed, window)
	health.note_pull(session.shop)
	frappe.db.commit()


def count_ours(shop: str, span: TimeWindow) -> int:
	"""Orders of a shop that were last changed on the platform within the span, by what we know of them."""
	return frappe.db.count(
		"Order",
		{
			"shop": shop,
			"platform_modified_at": ("between", (to_site_time(span.start), to_site_time(span.end))),
		},
	)
