"""Endpoints of Frappe that ask too little, closed through hooks: row scope and field levels for all.

Each function here stands before one of Frappe's own (see `override_whitelisted_methods`, `doc_events` and
`auth_hooks` in hooks.py), asks what that one doesn't, and lets it do the work.

What stays open: the numbers of linked records on a form count all shops (up to 100, no names); whether a
name exists can be asked; a Customer's totals are over all shops; who may write rules, scripts or webhooks
(System Manager) can undo all this.
"""

import json
import re

import frappe
from frappe import _

from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.permissions import SCOPES, require_permission

# Parameters in which a query names fields to search, sort, group or export by. Frappe checks fields
# that it returns, not these: sorting by profit would tell the profit.
QUERY_KEYS = (
	"aggregate_on_field",
	"current_filters",
	"custom_columns",
	"export_fields",
	"export_filters",
	"field",
	"filter_fields",
	"filters",
	"group_by",
	"or_filters",
	"order_by",
	"searchfield",
	"select_columns",
	"sort_field",
	"stats",
)
CHART_KEYS = {
	"frappe.desk.doctype.dashboard_chart.dashboard_chart.get": ("chart",),
	"frappe.desk.doctype.number_card.number_card.get_result": ("doc",),
	"frappe.desk.doctype.number_card.number_card.get_percentage_difference": ("doc",),
}
LEVELLED = (
	"Order",
	"Order Receiver",
	"Shipment",
	"SKU",
	"Shop",
	"Stock Balance",
	"Stock Drift",
	"Stock Figure",
	"Stock Count",
	"Stock Count Line",
	"Stock Entry",
	"Stock Ledger",
	"Routing Decision",
	"Courier",
	"Courier Lane",
	"Customer",
	"Connector Event",
)
MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")


def _refuse(message: str) -> None:
	frappe.throw(message, exc=frappe.PermissionError, title=_("Not Permitted"))


def _keep_readable(doctype: str, names: list[str]) -> set[str]:
	if not names or not frappe.has_permission(doctype, "read"):
		return set()
	return set(frappe.get_list(doctype, filters={"name": ["in", names]}, pluck="name", limit=len(names)))


# Queries that name fields above the user's level


def refuse_hidden_fields() -> None:
	"""Refuse a web request that searches, sorts, groups or exports by fields that the user doesn't read.

	Runs after the log-in of each request. Raises frappe.PermissionError.
	"""
	form = frappe.local.form_dict
	path = getattr(getattr(frappe.local, "request", None), "path", "") or ""
	command = form.get("cmd") or path.removeprefix("/api/method/")
	keys = QUERY_KEYS + CHART_KEYS.get(command, ())
	asked = " ".join(_as_text(form[key]) for key in keys if form.get(key))
	if command == "frappe.core.doctype.data_export.exporter.export_data" and not form.get("select_columns"):
		# Without a choice Frappe exports every column of the child tables.
		asked = " ".join(get_hidden_fields(form.get("doctype"))) if form.get("doctype") in LEVELLED else ""
	if asked:
		check_fields(asked, f"{path} {' '.join(_as_text(value) for value in form.values())}")


def check_fields(asked: str, about: str) -> None:
	"""Refuse the text of a query that names a hidden field of a DocType named in `about`."""
	words = set(re.findall(r"\w+", asked))
	about = about.replace("%20", " ")
	for doctype in LEVELLED:
		tables = [doctype, *(field.options for field in frappe.get_meta(doctype).get_table_fields())]
		if any(table in about for table in tables) and (found := words & get_hidden_fields(doctype)):
			_refuse(_("You may not search, sort or export by {0}.").format(", ".join(sorted(found))))


def check_saved_query(doc, method: str | None = None) -> None:
	"""Refuse a chart or card that its author may not compute."""
	check_fields(json.dumps(doc.as_dict(), default=str), f"{doc.get('document_type')}")


def _as_text(value) -> str:
	return value if isinstance(value, str) else json.dumps(value, default=str)


# Reading


@frappe.whitelist(methods=["GET", "POST"])
def get_count(
	doctype: str, filters: str | list | dict | None = None, debug: bool = False, cache: bool = False
) -> int:
	"""How many rows of the user's scope match. Frappe counts all of them, for anybody."""
	from frappe.desk import reportview

	require_permission(doctype)
	frappe.local.form_dict = frappe._dict(doctype=doctype, filters=filters or [])
	return reportview.get_count()


@frappe.whitelist(methods=["GET", "POST"])
def search_link(doctype: str, txt: str, **options: object) -> None:
	"""Frappe's link search; a caller can't switch the row scope off."""
	from frappe.desk import search

	frappe.call(search.search_link, doctype=doctype, txt=txt, **_keep_scope(doctype, options))


@frappe.whitelist(methods=["GET", "POST"])
def search_widget(doctype: str, txt: str, **options: object) -> None:
	"""Frappe's record search; a caller can't switch the row scope off."""
	from frappe.desk import search

	frappe.call(search.search_widget, doctype=doctype, txt=txt, **_keep_scope(doctype, options))


def _keep_scope(doctype: str, options: dict) -> dict:
	options.pop("cmd", None)
	if doctype in SCOPES or doctype in LEVELLED:
		require_permission(doctype)
		options["ignore_user_permissions"] = False
	return options


@frappe.whitelist(methods=["GET", "POST"])
def search_everywhere(text: str, start: int = 0, limit: int = 20, doctype: str = "") -> list[dict]:
	"""Frappe's global search, without records that the user doesn't read."""
	from frappe.utils import global_search

	found = global_search.search(text, start=start, limit=limit, doctype=doctype)
	readable = {
		kind: _keep_readable(kind, [row["name"] for row in found if row["doctype"] == kind])
		for kind in {row["doctype"] for row in found}
		if frappe.db.exists("DocType", kind)
	}
	return [row for row in found if row["name"] in readable.get(row["doctype"], ())]


@frappe.whitelist(methods=["GET", "POST"])
def get_linked(doctype: str, docname: str) -> dict[str, list]:
	"""Records that link to a document, of those that the user reads."""
	from frappe.desk.form import linked_with

	require_permission(doctype, "read", docname)
	linked = linked_with.get(doctype, docname) or {}
	result = {}
	for kind, rows in linked.items():
		readable = _keep_readable(kind, [row["name"] for row in rows or []])
		hidden = get_hidden_fields(kind)
		kept = [
			{key: row[key] for key in row if key not in hidden}
			for row in rows or []
			if row["name"] in readable
		]
		if kept:
			result[kind] = kept
	return result


@frappe.whitelist(methods=["GET", "POST"])
def get_custom_field_data(doctype: str, field: str) -> dict:
	"""One field of the rows that the user reads, by name; for columns added to a report."""
	require_permission(doctype)
	if field in get_hidden_fields(doctype):
		_refuse(_("You may not read {0}.").format(field))
	rows = frappe.get_list(doctype, fields=["name", field], limit=0)
	return {row["name"]: row.get(field) for row in rows}


@frappe.whitelist(methods=["GET", "POST"])
def get_tagged(doctype: str, tag: str) -> list[list[str]]:
	"""Names of the tagged records that the user reads."""
	require_permission(doctype)
	names = frappe.get_list(doctype, filters={"_user_tags": ["like", f"%{tag}%"]}, pluck="name", limit=500)
	return [[name] for name in names]


# Marks on records: asked of everybody who leaves one


@frappe.whitelist(methods=["POST"])
def toggle_like(doctype: str, name: str, add: str | bool = False) -> None:
	"""Like a record that the user reads."""
	from frappe.desk import like

	require_permission(doctype, "read", name)
	like.toggle_like(doctype, name, add)


@frappe.whitelist(methods=["POST"])
def add_tag(tag: str, dt: str, dn: str, color: str | None = None) -> str:
	"""Tag a record that the user reads."""
	from frappe.desk.doctype.tag import tag as tags

	require_permission(dt, "read", dn)
	return tags.add_tag(tag, dt, dn, color)


@frappe.whitelist(methods=["POST"])
def add_tags(tags: str | list, dt: str, docs: str | list, color: str | None = None) -> None:
	"""Tag records that the user reads; one that they don't refuses all."""
	for name in frappe.parse_json(docs):
		for tag in frappe.parse_json(tags):
			add_tag(tag, dt, name, color)


@frappe.whitelist(methods=["POST"])
def remove_tag(tag: str, dt: str, dn: str) -> None:
	"""Take a tag from a record that the user reads."""
	from frappe.desk.doctype.tag import tag as tags

	require_permission(dt, "read", dn)
	tags.remove_tag(tag, dt, dn)


REFERENCES = {
	"Comment": ("reference_doctype", "reference_name"),
	"ToDo": ("reference_type", "reference_name"),
	"File": ("attached_to_doctype", "attached_to_name"),
	"Document Follow": ("ref_doctype", "ref_docname"),
}


def check_reference(doc, method: str | None = None) -> None:
	"""Nobody comments on, assigns, follows or attaches to a record that they don't read."""
	doctype, name = (doc.get(field) for field in REFERENCES[doc.doctype])
	if doctype in SCOPES and name and frappe.db.exists(doctype, name):
		require_permission(doctype, "read", name)


def check_line(line, method: str | None = None) -> None:
	"""A line saved by itself stays with its parent; Frappe asks only the parent that the caller names."""
	parent = frappe.db.get_value(line.doctype, line.name, "parent") if line.name else None
	if parent and parent != line.parent:
		_refuse(_("{0} {1} belongs to {2}.").format(_(line.doctype), line.name, parent))


# Error log

_RAW_HINTS = ("receiver", "mobile", "address")


def clean_error_log(log, method: str | None = None) -> None:
	"""Take raw contacts out of an error before it is stored: Frappe writes every variable of every frame."""
	field = "error" if log.meta.has_field("error") else "message"
	text = log.get(field) or ""
	if any(hint in text for hint in _RAW_HINTS):
		# Variables stand six deep below the line of code that they belong to.
		text = "\n".join(line for line in text.split("\n") if not re.match(r"^ {6}\S+ = ", line))
	log.set(field, MOBILE.sub(r"\1****\2", text))
