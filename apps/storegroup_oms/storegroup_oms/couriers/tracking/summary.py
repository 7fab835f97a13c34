"""What a parcel's events add up to: its status, where it is, and what went wrong. Pure.

Events may be told late and in any order; what counts is when they occurred.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

# In one second the later stage stands last.
STAGES = {
	"Other": 0,
	"Accepted": 0,
	"Picked Up": 1,
	"Customs": 2,
	"In Transit": 2,
	"Departed": 2,
	"Arrived": 2,
	"Out for Delivery": 3,
	"Delivered": 5,
	"Returned": 6,
}
MIDDLE = 4
# Event → what is wrong with the parcel from then on.
PROBLEMS = {
	"Refused": "Refused",
	"Wrong Address": "Wrong Address",
	"Damaged": "Damaged",
	"Lost": "Suspected Lost",
	"Returning": "Returned",
	"Returned": "Returned",
}
# Courier has had the parcel in its hands.
TOUCHED = frozenset(STAGES) - {"Other", "Accepted"} | {"Delivery Failed", *PROBLEMS}
ON_ITS_WAY = frozenset(("Picked Up", "In Transit", "Arrived", "Departed", "Customs"))


@dataclass(frozen=True)
class Event:
	occurred_at: datetime
	code: str
	place: str = ""
	text: str = ""


@dataclass(frozen=True)
class Summary:
	"""`status` is Shipment's; `problem` one of its exceptions, as told by scans, with the time of the scan."""

	status: str = "Shipped"
	last_event_at: datetime | None = None
	last_event_text: str = ""
	last_place: str = ""
	picked_up_at: datetime | None = None
	delivered_at: datetime | None = None
	problem: str = ""
	problem_at: datetime | None = None


def summarise(events: Iterable[Event]) -> Summary:
	"""The state after all events, in the order in which they occurred; Shipped without any."""
	ordered = sorted(events, key=lambda event: (event.occurred_at, STAGES.get(event.code, MIDDLE)))
	if not ordered:
		return Summary()
	walk = _Walk()
	for event in ordered:
		walk.take(event)
	last = ordered[-1]
	return Summary(
		status=walk.status,
		last_event_at=last.occurred_at,
		last_event_text=last.text,
		last_place=next((event.place for event in reversed(ordered) if event.place), ""),
		picked_up_at=next((event.occurred_at for event in ordered if event.code in TOUCHED), None),
		delivered_at=walk.delivered_at,
		problem=walk.problem,
		problem_at=walk.problem_at,
	)


class _Walk:
	def __init__(self) -> None:
		self.status = "Shipped"
		self.problem = ""
		self.problem_at: datetime | None = None
		self.delivered_at: datetime | None = None
		self.was_out = False
		self.goes_back = False

	def take(self, event: Event) -> None:
		code = event.code
		if self.goes_back and code == "Delivered":
			code = "Returned"
		if code in PROBLEMS:
			self._note(PROBLEMS[code], event.occurred_at)
			self.goes_back = self.goes_back or code in ("Returning", "Returned")
			self.status = "Returned" if code == "Returned" else "In Transit"
			if self.goes_back:
				self.delivered_at = None
		elif code == "Delivered":
			self.status, self.delivered_at = "Delivered", event.occurred_at
			self._clear()
			if not self.was_out:
				self._note("No Delivery Scan", event.occurred_at)
		elif self.status in ("Delivered", "Returned"):
			return
		elif code == "Out for Delivery":
			self.status, self.was_out = code, True
			self._clear()
		elif code == "Delivery Failed":
			self.status = "In Transit"
		elif code in ON_ITS_WAY:
			self.status = "In Transit"
			if self.problem == "Suspected Lost":
				self._clear()

	def _note(self, problem: str, moment: datetime) -> None:
		if problem != self.problem:
			self.problem, self.problem_at = problem, moment

	def _clear(self) -> None:
		if not self.goes_back:
			self.problem, self.problem_at = "", None
