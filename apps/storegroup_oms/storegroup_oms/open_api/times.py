"""Times and amounts as the API writes them."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from frappe.utils import get_datetime, get_system_timezone


def to_wire_time(moment: datetime | str | None) -> str | None:
	"""Site time as ISO 8601 with its offset, to the second: 2026-11-11T00:00:03+08:00; None for none."""
	if not moment:
		return None
	aware = get_datetime(moment).replace(tzinfo=ZoneInfo(get_system_timezone()))
	return aware.isoformat(timespec="seconds")


def to_site_naive(moment: datetime) -> datetime:
	"""An aware time in the site's zone without the zone, as records store it."""
	return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None)


def to_wire_money(amount: object) -> str:
	"""Yuan as text with two decimals; "0.00" for none."""
	return f"{Decimal(str(amount or 0)):.2f}"
