"""The queries of the desk's lists, asked so that an index can answer them: pages, and counts up to a limit.

Stands before Frappe's own endpoints (see `override_whitelisted_methods` in hooks.py) and lets them do the work.
"""

from collections import Counter

import frappe
from frappe.utils import cint

from storegroup_oms.permissions import SCOPES, require_permission

# Frappe 16 has learnt to count up to a limit.
COUNTS_TO_LIMIT = int(frappe.__version__.partition(".")[0]) >= 16
# With these an empty column never matches a value.
_NEVER_EMPTY = ("=", "like", ">", ">=", "between", "timespan", "previous", "next")
# Columns that every stored row fills, so that a denial of theirs doesn't ask about empty ones.
_FILLED = {"Order": ("name", "shop", "platform", "status")}


@frappe.whitelist(methods=["GET", "POST"])
def get_page(doctype: str, **options: object) -> dict | list:
	"""A page of a list, as Frappe's own `reportview.get` answers it."""
	from frappe.desk import reportview

	if doctype in SCOPES and not frappe.get_meta(doctype).istable:
		require_permission(doctype)
		_spare_null_checks(doctype)
	return reportview.get()


@frappe.whitelist(methods=["GET", "POST"])
def get_count(doctype: str, limit: int = 0, **options: object) -> int:
	"""How many rows of a list match, counted up to `limit`; 0 counts all. Frappe 15 always counts all.

	`options` are those of Frappe's own count: filters, or_filters, fields, distinct. See ADR 0014.
	"""
	from frappe.desk import reportview

	require_permission(doctype)
	_spare_null_checks(doctype)
	if cint(limit) < 1 or COUNTS_TO_LIMIT or frappe.get_meta(doctype).is_virtual:
		return reportview.get_count()
	arguments = reportview.get_form_params()
	matching = frappe.get_list(
		doctype,
		filters=arguments.filters,
		or_filters=arguments.or_filters,
		fields=["name"],
		distinct=arguments.distinct == "true",
		limit=cint(limit),
		order_by="",  # sorting all that match would cost what the limit spares
		ignore_ifnull=bool(arguments.ignore_ifnull),
		run=False,
	)
	return frappe.db.sql(f"SELECT COUNT(*) FROM ({matching}) matching")[0][0]


@frappe.whitelist(methods=["GET", "POST"])
def get_sidebar_stats(
	stats: str | list, doctype: str, filters: str | list | None = None
) -> dict[str, dict[str, list]]:
	"""How often each tag stands on the matching rows, most first: {"stats": {"_user_tags": [[tag, count], ...]}}.

	Only tagged rows are read; how many carry no tag is not told for our own DocTypes.
	"""
	from frappe.desk import reportview

	require_permission(doctype)
	if doctype not in SCOPES or frappe.parse_json(stats) != ["_user_tags"]:
		return reportview.get_sidebar_stats(frappe.as_json(frappe.parse_json(stats)), doctype, filters)
	conditions = [*frappe.parse_json(filters or []), [doctype, "_user_tags", "is", "set"]]
	tagged = frappe.get_list(
		doctype,
		filters=conditions,
		fields=["_user_tags"],
		limit=0,
		order_by="",
		ignore_ifnull=can_spare_null_checks(doctype, conditions),
		run=False,
	)
	rows = frappe.db.sql(f"SELECT _user_tags, COUNT(*) FROM ({tagged}) tagged GROUP BY _user_tags")
	counts: Counter[str] = Counter()
	for tags, count in rows:
		counts.update(dict.fromkeys(filter(None, tags.split(",")), count))
	return {"stats": {"_user_tags": [[tag, count] for tag, count in counts.most_common()]}}


def _spare_null_checks(doctype: str) -> None:
	"""Tell Frappe to compare bare columns where that answers the same.

	Frappe wraps a column in IFNULL for many comparisons, and a wrapped column can't be found by an index.
	"""
	form = frappe.local.form_dict
	form.pop("ignore_ifnull", None)
	filters = frappe.parse_json(form.get("filters") or [])
	if not form.get("or_filters") and can_spare_null_checks(doctype, filters):
		form["ignore_ifnull"] = True


def can_spare_null_checks(doctype: str, filters: list | dict) -> bool:
	"""True when a row with an empty column would match none of the conditions, wrapped or not."""
	return all(_is_blind_to_null(doctype, condition) for condition in _as_conditions(filters))


def _as_conditions(filters: list | dict) -> list[list]:
	if not isinstance(filters, dict):
		# The DocType stands first, but for conditions of three.
		return [list(condition)[1:4] if len(condition) > 3 else list(condition) for condition in filters]
	return [
		[field, *value] if isinstance(value, list | tuple) else [field, "=", value]
		for field, value in filters.items()
	]


def _is_blind_to_null(doctype: str, condition: list) -> bool:
	field, operator, value = condition
	operator = str(operator).lower()
	if operator == "is":
		return True  # Frappe says itself what it means by "set"
	if operator == "in":
		values = value.split(",") if isinstance(value, str) else value
		return bool(values) and all(values)
	if operator in _NEVER_EMPTY:
		return bool(value)
	return field in _FILLED.get(doctype, ())
