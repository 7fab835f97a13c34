"""When something that failed is tried again."""

import random
from datetime import datetime

from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors.errors import CredentialError, RetryableError

FIRST_S = 2.0
LONGEST_S = 900.0
CREDENTIAL_S = 120.0


def get_due_at(attempts: int, error: Exception | None = None) -> datetime:
	"""Site time of the next attempt after `attempts` failed ones: doubling from 2 s to 15 min, jittered.

	A platform's own wait is kept; a shop without authorisation is looked at every two minutes.
	"""
	pause_s = min(LONGEST_S, FIRST_S * 2 ** min(attempts - 1, 12))
	if isinstance(error, CredentialError):
		pause_s = CREDENTIAL_S
	elif isinstance(error, RetryableError) and error.retry_after_s:
		pause_s = max(pause_s, error.retry_after_s)
	return add_to_date(now_datetime(), seconds=pause_s * random.uniform(0.75, 1.25))
