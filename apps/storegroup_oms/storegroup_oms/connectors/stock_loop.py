"""The one job that brings stock to the platforms: it looks at what changed and sends it, for all shops, while there is work.

A job for each change and shop would spend more on starting jobs than on the calls. It ends soon when nothing more
comes, and after half a minute in any case, so that a worker is never kept from other work for long.
"""

import time

from storegroup_oms.connectors import stock_changes, stock_hints, stock_push
from storegroup_oms.connectors.fleet import Fleet
from storegroup_oms.connectors.flights import Flights

LIFE_S = 30.0
LINGER_S = 2.0
# Waiting for calls or hints; in a rush, a look takes all that came meanwhile.
PAUSE_S = 0.1
# Without hints: figures become due by the clock alone.
LOOK_EVERY_S = 1.0


def run(life_s: float = LIFE_S, linger_s: float = LINGER_S) -> int:
	"""Look, send and write down until there has been nothing to do for `linger_s`; returns how many figures were taken.

	Does nothing when another loop runs: that one does it. Commits.
	"""
	with stock_hints.watch() as watch:
		if watch is None:
			return 0
		with Fleet() as fleet:
			taken = _Loop(Flights(fleet, stock_push.StockFigures()), watch, life_s, linger_s).run()
	if stock_hints.has_hints() or stock_push.find_waiting_shops():
		stock_hints.start_loop(after_commit=False)
	return taken


class _Loop:
	def __init__(self, flights: Flights, watch: stock_hints.Watch, life_s: float, linger_s: float) -> None:
		self.flights = flights
		self.watch = watch
		self.ends_at = time.monotonic() + life_s
		self.linger_s = linger_s
		self.worked_at = time.monotonic()
		self.looked_at = 0.0
		self.taken = 0

	def run(self) -> int:
		goes_on = True
		while goes_on:
			self._look()
			self._land()
			goes_on = self.watch.go_on() and time.monotonic() < self.ends_at and not self._is_idle()
		while not self.flights.is_empty:
			self._land()
		self.flights.finish_notes()
		return self.taken

	def _is_idle(self) -> bool:
		return self.flights.is_empty and time.monotonic() - self.worked_at >= self.linger_s

	def _look(self) -> None:
		has_hints = stock_hints.has_hints()
		if has_hints or time.monotonic() - self.looked_at > LOOK_EVERY_S:
			stock_changes.look()
			self.looked_at = time.monotonic()
			self.flights.send_due(stock_push.find_waiting_shops())
		if has_hints or not self.flights.is_empty:
			self.worked_at = time.monotonic()

	def _land(self) -> None:
		if self.flights.is_empty:
			time.sleep(PAUSE_S)
			return
		outcomes = self.flights.land(PAUSE_S)
		self.taken += sum(outcome.error is None for outcome in outcomes)
		if outcomes:
			# Some may be wanted otherwise by now.
			self.flights.send_due(stock_push.find_waiting_shops())
