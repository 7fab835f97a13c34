"""What every tracking service tells in the end: scans of one waybill. Pure.

Times are aware, in China time as on the wire. Text is the courier's own, as it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Protocol

from storegroup_oms.connectors.errors import MappingError

CHINA_TIME = timezone(timedelta(hours=8))
MOMENT = "%Y-%m-%d %H:%M:%S"
TEXT_LENGTH = 500
PLACE_LENGTH = 140


@dataclass(frozen=True)
class Scan:
	"""One line of a trace. `hint` is the event code that the service's own numbers stand for, empty for none."""

	occurred_at: datetime
	text: str
	place: str = ""
	hint: str = ""


@dataclass(frozen=True)
class Trace:
	"""All that a service knows of one waybill. `company` is the service's code of the courier.

	`is_over`: the service follows the parcel no longer. `gave_up`: it stopped without an end; ask again.
	"""

	company: str
	waybill_no: str
	scans: tuple[Scan, ...] = ()
	is_over: bool = False
	gave_up: bool = False


class TrackingClient(Protocol):
	"""What each service's client can do. Both raise ConnectorError."""

	def query(self, company: str, waybill_no: str, phone_tail: str = "") -> Trace:
		"""The whole trace; without scans when the service has none."""

	def subscribe(
		self, company: str, waybill_no: str, callback_url: str, salt: str = "", phone_tail: str = ""
	) -> None:
		"""Have changes pushed; a waybill that is followed already is a success."""


def read_moment(value: object, path: str) -> datetime:
	"""A time of the wire. Raises MappingError."""
	try:
		return datetime.strptime(str(value).strip()[:19].replace("/", "-"), MOMENT).replace(tzinfo=CHINA_TIME)
	except ValueError as error:
		raise MappingError("field_invalid", path, value) from error


def clean(value: object, length: int) -> str:
	"""A text without line breaks and doubled blanks, cut to a length; empty for null."""
	return " ".join(str(value).split())[:length] if value is not None else ""
