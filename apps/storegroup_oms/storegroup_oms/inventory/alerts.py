"""Stock alerts: what each rule finds, one open alert for each SKU (and warehouse), closed by itself when mended.

Rules are records. What is below a threshold is looked for each minute among the SKUs that changed, what concerns
time each hour among all. Any number of hosts may do so at once: an alert's key is unique, and only who has stored it
tells anybody.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import frappe
from frappe.utils import add_days, add_to_date, cint, get_datetime, now_datetime, nowdate

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory import alert_messages, figures
from storegroup_oms.inventory.proof import split
from storegroup_oms.transactions import run_in_transaction

SKUS_AT_ONCE = 500
MARK = "oms_stock_alerts_at"
# A balance is stamped when it is written and seen when its transaction ends.
OVERLAP_MINUTES = 2
FIELDS = (
	"rule",
	"kind",
	"sku",
	"warehouse",
	"status",
	"value",
	"limit_value",
	"available",
	"opened_at",
	"alert_key",
)
RULE_FIELDS = (
	"name",
	"kind",
	"each_warehouse",
	"threshold",
	"days",
	"category",
	"sku",
	"warehouse",
	"shop",
	"role",
	"user",
	"makes_task",
	"priority",
)
# Goods there are on their way or on their way out.
NOT_FOR_SALE = ("Returns", "Transit", "Defective")
# What a rule compares, with what, and when it is an alert.
KINDS = {
	"Below Threshold": ("available", "level", "level > 0 AND available < level"),
	"Days of Cover": (
		"GREATEST(available, 0) / speed",
		"GREATEST(%(days)s, lead_days)",
		"speed > 0 AND GREATEST(available, 0) / speed < GREATEST(%(days)s, lead_days)",
	),
	"Over-stock": (
		"available / speed",
		"%(days)s",
		"speed > 0 AND available > %(threshold)s AND available / speed > %(days)s",
	),
	"Slow Mover": (
		"on_hand",
		"%(days)s",
		"on_hand >= GREATEST(%(threshold)s, 1) AND IFNULL(last_sold_at, '2000-01-01') < %(before)s"
		" AND last_received_at < %(before)s",
	),
}


def find_cases(rule: frappe._dict, skus: Sequence[str] | None = None) -> list[frappe._dict]:
	"""What a rule finds now, among `skus` or all: rows of sku, warehouse ('' over all), value, limit_value, available."""
	if rule.kind == "Expiring":
		return _find_expiring(rule, skus)
	value, limit, condition = KINDS[rule.kind]
	default = cint(frappe.db.get_single_value("OMS Settings", "default_alert_level"))
	values = {
		"skus": skus,
		"threshold": cint(rule.threshold),
		# In one warehouse there is no level but one that was set.
		"level": cint(rule.threshold) or (0 if rule.each_warehouse else default),
		"days": cint(rule.days),
		"before": add_to_date(now_datetime(), days=-cint(rule.days)),
		"not_for_sale": NOT_FOR_SALE,
		**{field: rule[field] for field in ("category", "sku", "warehouse", "shop")},
	}
	own_level = "balance.alert_level" if rule.each_warehouse else "goods.alert_level"
	place = "balance.warehouse" if rule.each_warehouse else "''"
	return frappe.db.sql(
		f"""SELECT sku, warehouse, {value} AS value, {limit} AS limit_value, available FROM (
			SELECT balance.sku, {place} AS warehouse, SUM(balance.available) AS available,
				SUM(balance.on_hand) AS on_hand, SUM(IFNULL(figure.speed, 0)) AS speed,
				MAX(figure.last_sold_at) AS last_sold_at, MAX(figure.last_received_at) AS last_received_at,
				MAX(IFNULL(goods.supplier_lead_days, 0)) AS lead_days,
				MAX(IF(IFNULL({own_level}, 0) > 0, {own_level}, %(level)s)) AS level
			FROM `tabStock Balance` balance
			JOIN `tabSKU` goods ON goods.name = balance.sku AND goods.is_active = 1
			JOIN `tabWarehouse` place ON place.name = balance.warehouse AND place.is_active = 1
				AND IFNULL(place.warehouse_kind, '') NOT IN %(not_for_sale)s
			LEFT JOIN `tabStock Figure` figure
				ON figure.sku = balance.sku AND figure.warehouse = balance.warehouse
			WHERE balance.entry_no > 0 {_make_scope(rule, skus)}
			GROUP BY balance.sku, {place}
		) summed WHERE {condition} ORDER BY sku, warehouse""",
		values,
		as_dict=True,
	)


def _find_expiring(rule: frappe._dict, skus: Sequence[str] | None) -> list[frappe._dict]:
	"""Pieces on the shelf whose batch has expired or will within the rule's days, as `value`."""
	place = "balance.warehouse" if rule.each_warehouse else "''"
	return frappe.db.sql(
		f"""SELECT sku, warehouse, value, %(days)s AS limit_value, value AS available FROM (
			SELECT balance.sku, {place} AS warehouse, SUM(balance.on_hand) AS value
			FROM `tabStock Batch` batch
			JOIN `tabStock Batch Balance` balance ON balance.batch = batch.name AND balance.on_hand > 0
			JOIN `tabSKU` goods ON goods.name = balance.sku AND goods.has_batches = 1
			JOIN `tabWarehouse` place ON place.name = balance.warehouse AND place.is_active = 1
				AND IFNULL(place.warehouse_kind, '') NOT IN %(not_for_sale)s
			WHERE batch.expires_on <= %(until)s {_make_scope(rule, skus)}
			GROUP BY balance.sku, {place}
		) summed WHERE value >= GREATEST(%(threshold)s, 1) ORDER BY sku, warehouse""",
		{
			"skus": skus,
			"days": cint(rule.days),
			"until": add_days(nowdate(), cint(rule.days)),
			"threshold": cint(rule.threshold),
			"not_for_sale": NOT_FOR_SALE,
			**{field: rule[field] for field in ("category", "sku", "warehouse", "shop")},
		},
		as_dict=True,
	)


def _make_scope(rule: frappe._dict, skus: Sequence[str] | None) -> str:
	conditions = {
		"goods.category = %(category)s": rule.category,
		"balance.sku = %(sku)s": rule.sku,
		"balance.warehouse = %(warehouse)s": rule.warehouse,
		"EXISTS (SELECT 1 FROM `tabListing` offer WHERE offer.sku = balance.sku AND offer.shop = %(shop)s)": rule.shop,
		"balance.sku IN %(skus)s": skus is not None,
	}
	return "".join(f" AND {condition}" for condition, is_asked in conditions.items() if is_asked)


def check(rule: frappe._dict, skus: Sequence[str] | None = None) -> list[frappe._dict]:
	"""Open and close a rule's alerts, of `skus` or all; returns those just opened, by this call alone. Never commits."""
	if skus is not None and not skus:
		return []
	cases = {(row.sku, row.warehouse): row for row in find_cases(rule, skus)}
	filters = {"rule": rule.name, "status": "Open"}
	stored = frappe.get_all(
		"Stock Alert",
		filters=filters if skus is None else {**filters, "sku": ["in", skus]},
		fields=["name", "sku", "warehouse", "task"],
		order_by="name asc",
	)
	known = {(row.sku, row.warehouse or ""): row for row in stored}
	_update(known, cases)
	_close([row for key, row in known.items() if key not in cases])
	return _open(rule, [case for key, case in cases.items() if key not in known])


def _update(known: dict, cases: dict) -> None:
	values = [
		{"name": known[key].name, **{field: case[field] for field in ("value", "limit_value", "available")}}
		for key, case in cases.items()
		if key in known
	]
	update_rows("Stock Alert", values, ("value", "limit_value", "available"))


def _close(alerts: Sequence[frappe._dict]) -> None:
	now = now_datetime()
	update_rows(
		"Stock Alert",
		[{"name": row.name, "status": "Closed", "closed_at": now} for row in alerts],
		("status", "closed_at", "alert_key"),
	)
	alert_messages.close_tasks(row.task for row in alerts if row.task)


def _open(rule: frappe._dict, cases: Sequence[frappe._dict]) -> list[frappe._dict]:
	now = now_datetime()
	rows = [
		frappe._dict(
			name=frappe.generate_hash(length=12),
			rule=rule.name,
			kind=rule.kind,
			sku=case.sku,
			warehouse=case.warehouse or None,
			status="Open",
			value=case.value,
			limit_value=case.limit_value,
			available=case.available,
			opened_at=now,
			alert_key=make_row_name(rule.name, case.sku, case.warehouse),
		)
		for case in cases
	]
	if not rows:
		return []
	insert_rows("Stock Alert", rows, FIELDS, on_duplicate=())
	# Of two hosts that found the same, the other one's row may have come first. A plain read wouldn't see it.
	ours = frappe.db.sql(
		"SELECT name FROM `tabStock Alert` WHERE name IN %s LOCK IN SHARE MODE", [[row.name for row in rows]]
	)
	names = {row[0] for row in ours}
	return [row for row in rows if row.name in names]


def get_rules(**filters: object) -> list[frappe._dict]:
	"""Enabled rules in the order of their names."""
	return frappe.get_all(
		"Stock Alert Rule", filters={"enabled": 1, **filters}, fields=list(RULE_FIELDS), order_by="name asc"
	)


def check_and_tell(rules: Iterable[frappe._dict], skus: Sequence[str] | None = None) -> int:
	"""Check rules, make the tasks and tell each person once about all that is new; returns how many alerts opened.

	Never commits.
	"""
	opened: list[tuple[frappe._dict, list[frappe._dict]]] = []
	for rule in rules:
		chunks = [None] if skus is None else split(skus, SKUS_AT_ONCE)
		new = [alert for chunk in chunks for alert in check(rule, chunk)]
		if new:
			opened.append((rule, new))
	alert_messages.make_tasks(opened)
	alert_messages.tell(opened)
	return sum(len(new) for _rule, new in opened)


# Jobs


def run_changed() -> None:
	"""The job of each minute: SKUs whose stock or levels were written since the last one. Commits."""
	started_at, mark = now_datetime(), frappe.db.get_global(MARK)
	moment = add_to_date(get_datetime(mark) if mark else started_at, minutes=-OVERLAP_MINUTES)
	run_in_transaction(lambda: _check_changed(moment))
	frappe.db.set_global(MARK, str(started_at))
	frappe.db.commit()


def _check_changed(moment: datetime) -> None:
	skus = [
		row[0]
		for row in frappe.db.sql(
			"""SELECT sku FROM `tabStock Balance` WHERE modified >= %(moment)s
			UNION SELECT name FROM `tabSKU` WHERE modified >= %(moment)s
			UNION SELECT sku FROM `tabStock Batch` WHERE modified >= %(moment)s""",
			{"moment": moment},
		)
	]
	if not skus:
		return
	check_and_tell(get_rules(kind="Below Threshold"), skus)
	# What concerns time waits for the hour, but what is mended ends now.
	alarmed = frappe.get_all(
		"Stock Alert",
		filters={"status": "Open", "kind": ["!=", "Below Threshold"], "sku": ["in", skus]},
		pluck="sku",
		distinct=True,
		order_by="sku asc",
	)
	check_and_tell(get_rules(kind=["!=", "Below Threshold"]), alarmed)


def run_hourly() -> None:
	"""The hourly job: the figures of what moved, then every rule over everything. Commits."""
	figures.refresh_moved()
	run_in_transaction(lambda: check_and_tell(get_rules()))


def run_rule(name: str) -> None:
	"""Check one rule that was just written; one that is switched off has no alerts. Commits."""
	if rules := get_rules(name=name):
		run_in_transaction(lambda: check_and_tell(rules))
	else:
		run_in_transaction(lambda: remove_alerts(name))


def remove_alerts(rule: str) -> None:
	"""Close the open alerts of a rule, and their tasks. Never commits."""
	_close(
		frappe.get_all(
			"Stock Alert",
			filters={"rule": rule, "status": "Open"},
			fields=["name", "task"],
			order_by="name asc",
		)
	)


def remove_rule(rule: str) -> None:
	"""End the alerts of a rule that is being deleted, and forget the closed ones."""
	remove_alerts(rule)
	frappe.db.delete("Stock Alert", {"rule": rule})


def enqueue_rule(name: str) -> None:
	"""Have a rule checked in the background, after commit."""
	frappe.enqueue(
		"storegroup_oms.inventory.alerts.run_rule", queue="long", enqueue_after_commit=True, name=name
	)


def enqueue_changed() -> None:
	"""The scheduler's entry, each minute."""
	frappe.enqueue(
		"storegroup_oms.inventory.alerts.run_changed",
		queue="short",
		job_id="stock_alerts_changed",
		deduplicate=True,
	)
