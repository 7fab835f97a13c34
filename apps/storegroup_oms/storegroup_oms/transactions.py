"""Running a unit of work as one transaction or request, again when the database had to break a deadlock."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import frappe
from frappe import _

from storegroup_oms.exceptions import BusyError

Result = TypeVar("Result")

ATTEMPTS = 6
FIRST_PAUSE_S = 0.05
LOST = (frappe.QueryDeadlockError, frappe.QueryTimeoutError)


def run_in_latest(work: Callable[[], Result]) -> Result:
	"""`run_in_transaction` in which each read sees what others have committed by then, and locks no gaps between rows.

	For work that many do at once on rows that they lock first, like reserving stock. Commits what was open before.
	"""
	frappe.db.sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
	try:
		# What is open began under the old level, and a level holds from the next transaction on.
		frappe.db.commit()
		return run_in_transaction(work)
	finally:
		frappe.db.sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
		frappe.db.rollback()


def run_in_transaction(work: Callable[[], Result]) -> Result:
	"""Call `work`, commit, and return its result; on a deadlock or lock timeout roll back and call it again.

	At most six calls with a growing, jittered pause; then the database's error is raised. `work` must
	be repeatable and must not commit. Only for code that owns its transaction (jobs, commands): what was
	written before the call is committed or rolled back with it.
	"""
	for attempt in range(1, ATTEMPTS + 1):
		try:
			result = work()
			frappe.db.commit()
			return result
		except LOST as error:
			frappe.db.rollback()
			if isinstance(error, BusyError):
				frappe.clear_last_message()
			if attempt == ATTEMPTS:
				raise
			_pause(attempt)
	raise AssertionError("unreachable")


def _pause(attempt: int) -> None:
	time.sleep(FIRST_PAUSE_S * 2**attempt * random.uniform(0.5, 1))


@contextmanager
def refusing_when_busy() -> Iterator[None]:
	"""Around work on stock in the transaction of somebody else, such as a request's: what the database ends becomes a
	BusyError, in words for a person. Nothing of the transaction may be kept then.
	"""
	try:
		yield
	except BusyError:
		raise
	except LOST as error:
		try:
			frappe.throw(
				_(
					"Somebody else is changing the same stock right now. Nothing has been changed; please try again."
				),
				exc=BusyError,
				title=_("Busy"),
			)
		except BusyError as busy:
			raise busy from error


def repeat_request(work: Callable[[], Result]) -> Result:
	"""Call `work`, all that a request does; where the database ended its transaction, undo it and call it again.

	At most six calls, without a commit, which is the request's. Raises BusyError when it lost every time, and at once
	where it has waited for a lock to the end. `work` must be repeatable.
	"""
	for attempt in range(1, ATTEMPTS + 1):
		try:
			with refusing_when_busy():
				return work()
		except BusyError as error:
			frappe.db.rollback()
			if attempt == ATTEMPTS or isinstance(error.__cause__, frappe.QueryTimeoutError):
				raise
		# What the answer holds by now tells of what has not happened.
		frappe.clear_messages()
		frappe.local.response.docs = []
		_pause(attempt)
	raise AssertionError("unreachable")
