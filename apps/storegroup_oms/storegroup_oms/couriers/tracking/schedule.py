"""When a parcel is asked about next, and when a failed subscription is tried again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

# A service locks who asks about one number more than twice an hour.
SHORTEST = timedelta(minutes=30)
# Silence of the parcel → pause until the next question.
PAUSES = (
	(timedelta(hours=24), timedelta(hours=2)),
	(timedelta(hours=72), timedelta(hours=6)),
	(timedelta(days=7), timedelta(hours=12)),
	(timedelta(days=60), timedelta(hours=24)),
)
# One whose changes are pushed is asked about only when pushes stay away.
QUIET = timedelta(hours=12)
RETRIES = 8
FIRST_RETRY = timedelta(minutes=2)
LONGEST_RETRY = timedelta(hours=2)
# A number that a service gave up may be handed in again only then.
RESUBSCRIBE = timedelta(minutes=35)


def get_next_poll(now: datetime, silent_since: datetime | None, is_subscribed: bool) -> datetime | None:
	"""The time of the next question; None after 60 days of silence, when nobody asks any more."""
	silence = now - (silent_since or now)
	for limit, pause in PAUSES:
		if silence <= limit:
			return now + max(pause, QUIET if is_subscribed else SHORTEST)
	return None


def get_next_try(now: datetime, attempts: int) -> datetime | None:
	"""The time of the next attempt after `attempts` failed ones; None when it is given up."""
	if attempts >= RETRIES:
		return None
	return now + min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
