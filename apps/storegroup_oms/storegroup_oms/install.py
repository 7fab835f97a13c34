"""What happens to a site when the app comes and whenever it is brought up to date. All idempotent."""

import frappe
from frappe import _

from storegroup_oms.exceptions import NameTakenError
from storegroup_oms.orders.doctype.order import indexes
from storegroup_oms.setup import (
	boards,
	branding,
	couriers,
	currency,
	label_layouts,
	lists,
	logs,
	profiles,
	review,
	roles,
	routing,
	settings,
	stock_alerts,
	tracking_rules,
	workflow,
)


def before_install() -> None:
	"""Refuse a site where another app owns a DocType of one of our names (ERPNext does).

	Raises NameTakenError, which names the DocTypes, their apps and the way out. Nothing is written.
	"""
	taken = find_taken_names()
	if taken:
		rows = ", ".join(f"{doctype} ({app})" for doctype, app in taken)
		raise NameTakenError(
			_(
				"Storegroup OMS can't be installed on this site: these DocTypes belong to another app: {0}. "
				"Install it on a site of its own (bench new-site) and connect the two through the API."
			).format(rows)
		)


def find_taken_names() -> list[tuple[str, str]]:
	"""(DocType, app or module) of every DocType of ours that the site already has from elsewhere."""
	ours = get_own_doctypes()
	modules = get_own_modules()
	rows = frappe.get_all(
		"DocType", filters={"name": ["in", ours]}, fields=["name", "module", "custom"], order_by="name asc"
	)
	foreign = [row for row in rows if row.module not in modules or row.custom]
	apps = dict(frappe.get_all("Module Def", fields=["name", "app_name"], order_by="name asc", as_list=True))
	return [(row.name, apps.get(row.module) or row.module) for row in foreign]


def get_own_modules() -> list[str]:
	return frappe.get_module_list("storegroup_oms")


def get_own_doctypes() -> list[str]:
	"""Names of all DocTypes that the app ships, read from its folders (the site may not have them yet)."""
	from pathlib import Path

	names = []
	for module in get_own_modules():
		folder = Path(frappe.get_app_path("storegroup_oms", frappe.scrub(module), "doctype"))
		for file in sorted(folder.glob("*/*.json")):
			if file.stem == file.parent.name:
				names.append(frappe.parse_json(file.read_text())["name"])
	return names


def after_install() -> None:
	"""Roles, couriers, settings, the review workflow, the task board and the product's look."""
	_ensure_defaults()


def after_migrate() -> None:
	"""The same as after an installation; what an administrator changed stays."""
	_ensure_defaults()
	# Frappe updates a table only when its DocType's file changed, and an index may change without it.
	indexes.ensure_indexes()


def _ensure_defaults() -> None:
	roles.ensure_roles()
	couriers.ensure_couriers()
	settings.ensure_settings()
	currency.ensure_currency()
	workflow.ensure_review_workflow()
	routing.ensure_default_policy()
	review.ensure_review_rules()
	profiles.ensure_staff_profile()
	boards.ensure_task_board()
	lists.ensure_lists()
	lists.ensure_saved_filters()
	stock_alerts.ensure_stock_alert_rules()
	tracking_rules.ensure_tracking_rules()
	label_layouts.ensure_label_layouts()
	logs.ensure_log_clearing()
	branding.ensure_branding()
