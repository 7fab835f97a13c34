"""Orders that are to be sent on a later day: planned by a person, kept back by a check, let go when the day comes.

Stock stays reserved meanwhile. Never commits but in jobs.
"""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import add_days, getdate

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import events, review
from storegroup_oms.orders.review_orders import lock_orders
from storegroup_oms.orders.review_steps import UNDER_REVIEW, Done
from storegroup_oms.transactions import run_in_transaction

LATEST_DAYS = 366
# Whom the job has looked at again.
HELD_LATER = """planned_ship_on IS NOT NULL AND is_checked = 1 AND status IN %(statuses)s
	AND FIND_IN_SET('ship_later', hold_reasons)"""


def plan(names: Iterable[str], day: str | None, user: str) -> Done:
	"""Have orders sent on a day, or without one as soon as may be; they are checked again at once.

	Raises InvalidValueError for a day that is over or more than a year away. Orders that are past their review are
	refused: their approval is taken back first.
	"""
	wanted = getdate(day) if day else None
	if wanted and not getdate() <= wanted <= getdate(add_days(getdate(), LATEST_DAYS)):
		frappe.throw(
			_("Choose a day from today on, within a year."), exc=InvalidValueError, title=_("Wrong Day")
		)
	done = Done()
	asked = sorted(set(names))
	orders = lock_orders(asked, UNDER_REVIEW)
	found = {order.name for order in orders}
	statuses = dict(frappe.db.sql("SELECT name, status FROM tabOrder WHERE name IN %s", [asked or [""]]))
	for name in asked:
		if name not in found:
			status = statuses.get(name) or "Closed"
			done.refused[name] = _("The order is {0} now.").format(_(status))
	moving = [order for order in orders if (order.planned_ship_on or None) != wanted]
	rows = [{"name": order.name, "planned_ship_on": wanted} for order in moving]
	update_rows("Order", rows, ("planned_ship_on",))
	events.record_events(
		{
			"order": order.name,
			"event": "Shipping planned",
			"source": user,
			"details": {"before": str(order.planned_ship_on or ""), "after": str(wanted or "")},
		}
		for order in moving
	)
	done.names = sorted(found)
	review.reopen([order.name for order in moving])
	review.wake()
	return done


def release_due() -> None:
	"""The scheduler's: have orders whose day is near checked again, which lets them go. Commits."""
	if run_in_transaction(open_due):
		review.wake()
		frappe.db.commit()


def open_due() -> int:
	"""Have orders whose day is near looked at again; returns how many wait for it now. Never commits."""
	values = {"statuses": UNDER_REVIEW, "soon": add_days(getdate(), _get_lead_days())}
	frappe.db.sql(
		f"UPDATE tabOrder SET is_checked = 0 WHERE {HELD_LATER} AND planned_ship_on <= %(soon)s", values
	)
	return frappe.db.sql(
		"""SELECT COUNT(*) FROM tabOrder WHERE planned_ship_on <= %(soon)s AND is_checked = 0
		AND status IN %(statuses)s""",
		values,
	)[0][0]


def _get_lead_days() -> int:
	"""The longest lead that a check has; a check that has less keeps its orders."""
	found = frappe.get_all(
		"Review Check",
		filters={"code": "ship_later", "is_active": 1},
		pluck="threshold",
		order_by="threshold desc",
		limit=1,
	)
	return int(found[0]) if found else LATEST_DAYS
