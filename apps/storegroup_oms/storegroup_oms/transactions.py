"""Running a unit of work as one transaction, again when the database had to break a deadlock."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import frappe

Result = TypeVar("Result")

ATTEMPTS = 6
FIRST_PAUSE_S = 0.05


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
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			frappe.db.rollback()
			if attempt == ATTEMPTS:
				raise
			time.sleep(FIRST_PAUSE_S * 2**attempt * random.uniform(0.5, 1))
	raise AssertionError("unreachable")
