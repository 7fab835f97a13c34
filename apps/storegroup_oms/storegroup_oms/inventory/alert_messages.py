"""Who hears of stock alerts and how: tasks that end with their alerts, and one notice for each person and run."""

from collections.abc import Iterable, Sequence

import frappe
from frappe import _

from storegroup_oms.bulk import update_rows
from storegroup_oms.inventory import notices
from storegroup_oms.permissions import get_allowed

# More alerts of one rule at once become one task: a list to work through, not a flood.
TASKS_AT_ONCE = 20
READERS = ("OMS Manager", "OMS Warehouse Staff")
Opened = Sequence[tuple[frappe._dict, list[frappe._dict]]]


def make_tasks(opened: Opened) -> None:
	"""Open a task for each new alert, one for all of a rule where they are many. Never commits."""
	for rule, new in opened:
		if not rule.makes_task:
			continue
		if len(new) > TASKS_AT_ONCE:
			task = _make_rule_task(rule, len(new))
			links = [{"name": alert.name, "task": task} for alert in new]
		else:
			links = [{"name": alert.name, "task": _make_alert_task(rule, alert)} for alert in new]
		update_rows("Stock Alert", links, ("task",))


def _make_alert_task(rule: frappe._dict, alert: frappe._dict) -> str:
	return notices.open_task(
		f"stock-alert:{alert.name}",
		describe(alert),
		"",
		priority=rule.priority or "Normal",
		reference=("Stock Alert", alert.name),
		assigned_to=rule.user,
	)


def _make_rule_task(rule: frappe._dict, count: int) -> str:
	key = f"stock-rule:{rule.name}"
	return notices.open_task(
		key,
		_("{0}: {1} new stock alerts").format(_(rule.name), count),
		_("The list of stock alerts shows them all."),
		priority=rule.priority or "Normal",
		reference=("Stock Alert Rule", rule.name),
		assigned_to=rule.user,
	) or frappe.db.get_value("Task", {"dedupe_key": key})


def close_tasks(names: Iterable[str]) -> None:
	"""Close those tasks that no open alert belongs to any more. Never commits."""
	wanted = sorted(set(names))
	if not wanted:
		return
	still = frappe.get_all(
		"Stock Alert",
		filters={"task": ["in", wanted], "status": "Open"},
		pluck="task",
		distinct=True,
		order_by="task asc",
	)
	for name in sorted(set(wanted) - set(still)):
		notices.end_task(name)


def tell(opened: Opened) -> None:
	"""Put one notice on the desk of each person whom rules name, about the new alerts that they may see."""
	by_user: dict[str, list[frappe._dict]] = {}
	for rule, new in opened:
		for user in _find_readers(rule):
			allowed = get_allowed(user, "Warehouse", "Stock Alert")
			seen = [alert for alert in new if allowed is None or alert.warehouse in allowed]
			by_user.setdefault(user, []).extend(seen)
	together: dict[tuple[str, ...], list[str]] = {}
	known = {alert.name: alert for _rule, new in opened for alert in new}
	for user, seen in by_user.items():
		if seen:
			together.setdefault(tuple(alert.name for alert in seen), []).append(user)
	for names, users in together.items():
		_tell_all(users, [known[name] for name in names])


def _find_readers(rule: frappe._dict) -> set[str]:
	named = {rule.user} if rule.user else set()
	if rule.role or not named:
		named |= set(notices.find_users([rule.role] if rule.role else READERS))
	return named


def _tell_all(users: Sequence[str], seen: Sequence[frappe._dict]) -> None:
	first = seen[0]
	if len(seen) == 1:
		notices.tell(users, describe(first), ("Stock Alert", first.name))
		return
	subject = _("{0} new stock alerts. {1}").format(len(seen), describe(first))
	notices.tell(users, subject, ("Stock Alert Rule", first.rule))


def describe(alert: frappe._dict) -> str:
	"""What an alert says, in one sentence."""
	sentences: dict[str, str] = {
		"Below Threshold": _("SKU {0}: {1} available, fewer than {2} ({3})"),
		"Days of Cover": _("SKU {0}: stock lasts {1} days, fewer than {2} ({3})"),
		"Over-stock": _("SKU {0}: stock lasts {1} days, more than {2} ({3})"),
		"Expiring": _("SKU {0}: {1} pieces have expired or expire within {2} days ({3})"),
		"Slow Mover": _("SKU {0}: {1} pieces, none sold for {2} days ({3})"),
	}
	numbers = (f"{float(number or 0):g}" for number in (round(float(alert.value or 0), 1), alert.limit_value))
	return sentences[alert.kind].format(alert.sku, *numbers, alert.warehouse or _("all warehouses"))
