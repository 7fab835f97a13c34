"""How well a shop's connection is: marks on the Shop, and tasks when it stays bad. Commits only where it says so."""

import frappe
from frappe import _
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import advice, alerts
from storegroup_oms.connectors.base import ShopFacts
from storegroup_oms.connectors.errors import ConnectorError, CredentialError
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.connectors.windows import get_complete_up_to

# A connection that fails for so long is somebody's task.
TASK_AFTER_MINUTES = 15
SPANS_AT_ONCE = 2_000


def note_pull(shop: str) -> None:
	"""Move the shop's mark of completeness over the complete windows that touch it."""
	mark = frappe.db.get_value("Shop", shop, "complete_up_to")
	filters = {"shop": shop, "feed": "Orders", "status": "Complete"}
	if mark:
		filters["to_time"] = (">", mark)
	spans = frappe.get_all(
		"Pull Window",
		filters=filters,
		fields=["from_time", "to_time"],
		order_by="to_time asc",
		limit=SPANS_AT_ONCE,
	)
	moved = get_complete_up_to(mark or _get_first(shop), ((span.from_time, span.to_time) for span in spans))
	if moved and moved != mark:
		frappe.db.set_value("Shop", shop, "complete_up_to", moved, update_modified=False)


def _get_first(shop: str):
	"""Where the shop's record begins: the start of its earliest window, complete or not."""
	first = frappe.get_all(
		"Pull Window",
		filters={"shop": shop, "feed": "Orders"},
		fields=["from_time"],
		order_by="from_time asc",
		limit=1,
	)
	return first[0].from_time if first else None


def learn_account(session: Session) -> ShopFacts | None:
	"""Ask the platform once under which id and name it knows the shop; its messages use them. Commits."""
	if frappe.db.get_value("Shop", session.shop, "platform_account_id"):
		return None
	facts = session.call(lambda client: client.get_shop())
	note_account(session.shop, facts)
	frappe.db.commit()
	return facts


def note_account(shop: str, facts: ShopFacts) -> None:
	"""Keep what the platform calls the shop."""
	values = {"platform_account_id": facts.platform_shop_id or "-", "platform_nick": facts.shop_name or None}
	frappe.db.set_value("Shop", shop, values, update_modified=False)


def note_success(shop: str) -> None:
	"""The connection works: marks of failure go, a task about it is closed."""
	row = frappe.db.get_value("Shop", shop, ["failing_since", "error_code"], as_dict=True)
	if row and (row.failing_since or row.error_code):
		values = {"failing_since": None, "last_error": None, "error_code": None}
		frappe.db.set_value("Shop", shop, values, update_modified=False)
		alerts.close_shop_task(shop, "connection")


def note_failure(shop: str, error: ConnectorError) -> None:
	"""A job gave up on the platform; after a quarter of an hour of that there is a task."""
	if isinstance(error, CredentialError):
		return  # tokens has marked the shop and opened its own task
	_mark(shop, error.code, advice.describe(error))


def note_fault(shop: str, kind: str) -> None:
	"""A job failed by a fault of our own; the error log has the trace."""
	_mark(shop, "internal", _("A job ({0}) failed; the error log says why.").format(kind))


def _mark(shop: str, code: str, message: str) -> None:
	since = frappe.db.get_value("Shop", shop, "failing_since")
	frappe.db.set_value(
		"Shop",
		shop,
		{
			"failing_since": since or now_datetime(),
			"error_code": code[:140],
			"last_error": message[:500],
		},
		update_modified=False,
	)
	if since and since < add_to_date(now_datetime(), minutes=-TASK_AFTER_MINUTES):
		alerts.open_shop_task(
			shop,
			"connection",
			_("The connection of shop {0} keeps failing").format(shop),
			_("The last answer was {0}: {1}").format(code, message),
		)
