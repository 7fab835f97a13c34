"""What is pulled by windows of modified time: orders and refunds."""

from collections.abc import Callable, Sequence

from storegroup_oms.aftersales.intake import save_refunds
from storegroup_oms.connectors import receive
from storegroup_oms.connectors.base import OrderRow, Page, Payload, PlatformClient, TimeWindow
from storegroup_oms.connectors.errors import ConnectorError, RemoteNotFoundError, RetryableError
from storegroup_oms.connectors.pull import Taken
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.orders.canonical import CanonicalOrder
from storegroup_oms.orders.intake import find_versions, to_site_time
from storegroup_oms.transactions import run_in_transaction


class OrdersFeed:
	"""Orders; where a platform's list names them only, or leaves something out that may be new, each is fetched."""

	name = "Orders"

	def list(self, client: PlatformClient, span: TimeWindow, page: int) -> Page:
		return client.list_orders(span, page)

	def count(self, client: PlatformClient, span: TimeWindow) -> int:
		return client.count_orders(span)

	def take(self, session: Session, rows: Sequence[OrderRow], also: Callable[[], None]) -> Taken:
		payloads = [(row.order_no, row.payload) for row in rows if row.payload is not None and not row.untold]
		known = complete_orders(session, [row for row in rows if row.payload is not None and row.untold])
		told = {order_no for order_no, _payload in payloads} | {order.platform_order_no for order in known}
		fetched, missing = fetch_orders(session, [row.order_no for row in rows if row.order_no not in told])
		mapped = receive.map_orders(session.connector, payloads + fetched)
		mapped.orders += known

		def work() -> None:
			receive.save(session.shop, mapped, "Pull")
			also()

		run_in_transaction(work)
		saved = {order.platform_order_no for order in mapped.orders}
		bad = {order.order_no for order in mapped.bad}
		return Taken({row.order_no for row in rows}, saved, bad, missing)


class RefundsFeed:
	"""Refund and return cases; an order that a case is about and that we lack is fetched first.

	A case that can't be read counts as missing, so that its window says so and is tried again.
	"""

	name = "Refunds"

	def list(self, client: PlatformClient, span: TimeWindow, page: int) -> Page:
		return client.list_refunds(span, page)

	def count(self, client: PlatformClient, span: TimeWindow) -> int:
		return client.list_refunds(span, 1).total

	def take(self, session: Session, rows: Sequence[Payload], also: Callable[[], None]) -> Taken:
		refunds, bad = receive.map_refunds(session.connector, rows)
		result = run_in_transaction(lambda: save_refunds(session.shop, refunds, "Pull"))
		unknown = set(result.unknown_orders)
		if unknown:
			fetched, _missing = fetch_orders(session, sorted(unknown))
			mapped = receive.map_orders(session.connector, fetched)

			def work() -> set[str]:
				receive.save(session.shop, mapped, "Pull")
				waiting = [refund for refund in refunds if refund.platform_order_no in unknown]
				return set(save_refunds(session.shop, waiting, "Pull").unknown_orders)

			unknown = run_in_transaction(work)
		run_in_transaction(also)
		missing = {refund.platform_case_no for refund in refunds if refund.platform_order_no in unknown}
		saved = {refund.platform_case_no for refund in refunds} - missing
		return Taken(saved | missing | bad, saved, set(), missing | bad)


ORDERS = OrdersFeed()
REFUNDS = RefundsFeed()


def complete_orders(session: Session, rows: Sequence[OrderRow]) -> list[CanonicalOrder]:
	"""Orders of rows that leave fields out, for which we have the same version or a newer one: these fields are ours.

	An order that is newer than ours, new to us or can't be read isn't among them.
	"""
	if not rows:
		return []
	untold = {row.order_no: row.untold for row in rows}
	orders = receive.map_orders(session.connector, ((row.order_no, row.payload) for row in rows)).orders
	names = sorted({name for fields in untold.values() for name in fields})
	stored = find_versions(session.shop, list(untold), names)
	complete = []
	for order in orders:
		ours = stored.get(order.platform_order_no)
		if ours and order.modified_at and to_site_time(order.modified_at) <= ours.platform_modified_at:
			texts = {name: ours[name] or "" for name in untold[order.platform_order_no]}
			complete.append(order.model_copy(update=texts))
	return complete


def fetch_details(session: Session, order_nos: Sequence[str]) -> list[Payload | ConnectorError]:
	"""Payloads of single orders, in order; a ConnectorError stands where one could not be had.

	Raises anything else: a fault of our own must not look like a fault of the platform's.
	"""
	results = session.call_each(list(order_nos), lambda client, order_no: client.get_order(order_no))
	for result in results:
		if isinstance(result, Exception) and not isinstance(result, ConnectorError):
			raise result
	return results


def fetch_orders(session: Session, order_nos: Sequence[str]) -> tuple[list[tuple[str, Payload]], set[str]]:
	"""(order number, payload) pairs, and the numbers that could not be had.

	A few that failed are asked for once more, since one lost answer would have a whole window walked again. An
	order that the platform doesn't know is in neither: it has left between the list and this call, and the count of
	the window tells when it should not have.
	"""
	results = dict(zip(order_nos, fetch_details(session, order_nos), strict=True))
	lost = [order_no for order_no, result in results.items() if isinstance(result, RetryableError)]
	if lost and len(lost) <= len(results) / 2:
		results |= zip(lost, fetch_details(session, lost), strict=True)
	fetched = [(number, result) for number, result in results.items() if not isinstance(result, Exception)]
	missing = {
		number
		for number, result in results.items()
		if isinstance(result, ConnectorError) and not isinstance(result, RemoteNotFoundError)
	}
	return fetched, missing
