"""Endpoints of shops' connections: test, sync, fetch again, quarantine."""

import frappe
from frappe import _
from frappe.utils import get_datetime

from storegroup_oms.connectors import advice, by_hand, health, pull, quarantine, runner, tokens
from storegroup_oms.connectors.errors import ConnectorError
from storegroup_oms.connectors.registry import has_connector
from storegroup_oms.connectors.sessions import open_session
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.permissions import require_permission

MAX_NUMBERS = 500
MAX_DAYS = 92


@frappe.whitelist(methods=["POST"])
def test_connection(shop: str) -> dict[str, str | bool]:
	"""Ask the platform who the shop is; returns ok, message and what the platform calls the shop.

	A shop whose authorisation had expired works again when the platform answers.
	"""
	_require_shop(shop, "write")
	try:
		with open_session(shop) as session:
			facts = session.call(lambda client: client.get_shop())
	except ConnectorError as error:
		return {"ok": False, "message": advice.describe(error)}
	health.note_account(shop, facts)
	health.note_success(shop)
	if tokens.accept(shop):
		runner.wake(shop, "pull")
	name = facts.shop_name or facts.platform_shop_id
	return {"ok": True, "message": _("The platform answers for {0}.").format(name), "shop_name": name}


@frappe.whitelist(methods=["POST"])
def sync_now(shop: str) -> None:
	"""Start fetching what is new; progress comes as realtime events."""
	_require_shop(shop, "read")
	_enqueue("sync", shop)


@frappe.whitelist(methods=["POST"])
def fetch_span(shop: str, start: str, end: str) -> None:
	"""Start fetching again all orders that were changed between two site times."""
	_require_shop(shop, "read")
	first, last = get_datetime(start), get_datetime(end)
	if first >= last:
		frappe.throw(_("The span must end after it starts."), exc=InvalidValueError, title=_("Empty Span"))
	if (last - first).days > MAX_DAYS:
		frappe.throw(
			_("Fetch at most {0} days at once.").format(MAX_DAYS),
			exc=InvalidValueError,
			title=_("Span Too Long"),
		)
	_enqueue("fetch_span", shop, start=pull.from_site_time(first), end=pull.from_site_time(last))


@frappe.whitelist(methods=["POST"])
def fetch_all(shop: str) -> None:
	"""Start fetching again everything that the platform still shows."""
	_require_shop(shop, "read")
	start = frappe.utils.add_days(frappe.utils.now_datetime(), -MAX_DAYS)
	_enqueue(
		"fetch_span",
		shop,
		start=pull.from_site_time(start),
		end=pull.from_site_time(frappe.utils.now_datetime()),
	)


@frappe.whitelist(methods=["POST"])
def fetch_orders(shop: str, order_nos: str) -> None:
	"""Start fetching single orders; numbers separated by spaces, commas or lines, at most 500."""
	_require_shop(shop, "read")
	numbers = [number for number in order_nos.replace(",", " ").replace("，", " ").split() if number]
	if not numbers or len(numbers) > MAX_NUMBERS:
		frappe.throw(
			_("Give between 1 and {0} order numbers.").format(MAX_NUMBERS),
			exc=InvalidValueError,
			title=_("Order Numbers"),
		)
	_enqueue("fetch_orders", shop, order_nos=numbers)


@frappe.whitelist(methods=["POST"])
def fetch_window(name: str) -> None:
	"""Start walking one pull window again, whatever its state."""
	require_permission("Pull Window", "read", name)
	shop = frappe.db.get_value("Pull Window", name, "shop")
	_require_shop(shop, "read")
	if not pull.reopen(name):
		frappe.throw(
			_("This span is being fetched right now."), exc=InvalidValueError, title=_("Already Running")
		)
	_enqueue("walk", shop, after_commit=True)


@frappe.whitelist(methods=["POST"])
def refresh_orders(names: list[str] | str) -> int:
	"""Start fetching orders that we have again from their platforms, at most 500; returns how many.

	Orders of shops without a connection are left out. Raises PermissionError when one is not the user's.
	"""
	require_permission("Order", "write")
	chosen = sorted(set(_read_names(names)))
	if not chosen or len(chosen) > MAX_NUMBERS:
		frappe.throw(
			_("Choose between 1 and {0} orders.").format(MAX_NUMBERS),
			exc=InvalidValueError,
			title=_("Order Numbers"),
		)
	rows = frappe.get_list(
		"Order",
		filters={"name": ["in", chosen]},
		fields=["name", "shop", "platform", "platform_order_no"],
		order_by="shop asc, platform_order_no asc",
		limit=MAX_NUMBERS,
	)
	if len(rows) < len(chosen):
		frappe.throw(
			_("An order that you chose is not open to you."),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)
	by_shop: dict[str, list[str]] = {}
	for row in rows:
		if has_connector(row.platform):
			by_shop.setdefault(row.shop, []).append(row.platform_order_no)
	if not by_shop:
		frappe.throw(
			_("These orders come from no connected platform."),
			exc=InvalidValueError,
			title=_("No Connection"),
		)
	for shop, numbers in by_shop.items():
		_enqueue("fetch_orders", shop, order_nos=numbers)
	return sum(len(numbers) for numbers in by_shop.values())


def _require_shop(shop: str, ptype: str) -> None:
	require_permission("Pull Window", "read")
	require_permission("Shop", ptype, shop)
	if not has_connector(frappe.db.get_value("Shop", shop, "platform")):
		frappe.throw(
			_("Shop {0} is kept by hand and has no connection.").format(shop),
			exc=InvalidValueError,
			title=_("No Connection"),
		)


def _enqueue(work: str, shop: str, after_commit: bool = False, **arguments) -> None:
	# Frappe commits a request only where something was written: without that, a job after commit never starts.
	frappe.enqueue(
		f"storegroup_oms.connectors.by_hand.{work}",
		queue="default",
		timeout=3600,
		enqueue_after_commit=after_commit,
		at_front=True,  # somebody waits for it
		shop=shop,
		**arguments,
	)


@frappe.whitelist(methods=["POST"])
def replay(names: list[str] | str) -> dict[str, int]:
	"""Try orders in quarantine again: a few at once and answer, many in the background (answer: queued)."""
	chosen = _require_quarantined(names)
	if len(chosen) > by_hand.BATCH:
		frappe.enqueue(
			"storegroup_oms.connectors.by_hand.replay_in_background",
			queue="default",
			timeout=3600,
			at_front=True,
			names=chosen,
		)
		return {"queued": len(chosen)}
	try:
		return by_hand.replay(chosen)
	except ConnectorError as error:
		frappe.throw(advice.describe(error), exc=InvalidValueError, title=_("Order Can't Be Fetched"))
	raise AssertionError("unreachable")


@frappe.whitelist(methods=["POST"])
def dismiss(names: list[str] | str, reason: str) -> int:
	"""Give up orders in quarantine with a reason; returns how many."""
	chosen = _require_quarantined(names)
	if not reason.strip():
		frappe.throw(_("Say why."), exc=InvalidValueError, title=_("Reason Missing"))
	return quarantine.dismiss(chosen, reason.strip()[:500])


def _require_quarantined(names: list[str] | str) -> list[str]:
	chosen = _read_names(names)
	for name in chosen:
		require_permission("Quarantined Order", "write", name)
	return chosen


def _read_names(names: list[str] | str) -> list[str]:
	"""Names as a list, as JSON, or one alone."""
	given = frappe.parse_json(names) if isinstance(names, str) and names.startswith("[") else names
	return [given] if isinstance(given, str) else list(given)
