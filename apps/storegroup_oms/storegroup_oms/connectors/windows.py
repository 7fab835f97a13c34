"""Spans of modified time to be asked of a platform. Pure: no Frappe.

Times are aware and whole seconds. A new window starts where the last one ended, less an overlap, so that what a
platform shows a little late is still listed; the same order listed twice costs a comparison.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from .base import Limits, TimeWindow

OVERLAP = timedelta(seconds=90)
SHORTEST = timedelta(seconds=5)


def plan_windows(
	covered_to: datetime | None, moment: datetime, limits: Limits, first_span: timedelta
) -> list[TimeWindow]:
	"""The windows that lead from what is covered to the present, oldest first, each within the limits.

	`covered_to` is the end of the latest window, None for a new shop, which starts `first_span` ago. Empty when
	less than five seconds are new. Never reaches further back than the platform does.
	"""
	end = (moment - limits.end_lag).replace(microsecond=0)
	earliest = (moment - limits.lookback + timedelta(minutes=1)).replace(microsecond=0)
	start = covered_to - OVERLAP if covered_to else moment - first_span
	start = max(start.replace(microsecond=0), earliest)
	if end - (covered_to or start) < SHORTEST:
		return []
	return split_span(start, end, limits.max_window)


def split_span(start: datetime, end: datetime, longest: timedelta) -> list[TimeWindow]:
	"""Windows without gaps from start to end, none longer than `longest`; each starts where the one before ended."""
	windows = []
	while start < end:
		stop = min(end, start + longest)
		windows.append(TimeWindow(start, stop))
		start = stop
	return windows


def get_complete_up_to(mark: datetime | None, spans: Iterable[tuple[datetime, datetime]]) -> datetime | None:
	"""How far everything is known to be complete: the mark moved on through complete spans that touch it.

	`spans` are (from, to) of complete windows in any order. Without a mark it starts with the earliest span.
	"""
	for start, end in sorted(spans):
		if mark is None or start <= mark < end:
			mark = end
		elif start > mark:
			break
	return mark


def list_pages(total: int, page_size: int) -> Sequence[int]:
	"""Page numbers to read after the first answer, from the last to the first.

	An order that changes meanwhile leaves the window; those behind it move one place to the front, on a page
	that is still to be read. Reading forwards would miss one.
	"""
	return range(max(-(-total // page_size), 1), 0, -1)
