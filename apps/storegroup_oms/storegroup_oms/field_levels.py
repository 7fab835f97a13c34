"""Permission levels of fields (1: cost and profit, 2: raw data) where Frappe itself forgets them.

Frappe applies levels when it loads a document and when it lists, but not to what it answers after a save,
and not to the change log.
"""

import json

import frappe


def get_hidden_fields(doctype: str, user: str | None = None) -> set[str]:
	"""Fieldnames of a DocType and of its child tables that the user's roles don't read."""
	user = user or frappe.session.user
	if user == "Administrator":
		return set()
	readable = _get_readable_levels(doctype, user)
	return {
		field
		for fields in _get_fields_by_level(doctype).values()
		for field, level in fields.items()
		if level not in readable
	}


def _get_readable_levels(doctype: str, user: str) -> set[int]:
	roles = set(frappe.get_roles(user))
	return {
		int(row.permlevel or 0)
		for row in frappe.get_meta(doctype).permissions
		if row.read and row.role in roles
	}


def _get_fields_by_level(doctype: str) -> dict[str, dict[str, int]]:
	"""Fields above level 0: {DocType: {fieldname: level}} of the DocType and its child tables."""
	tables = [doctype, *(field.options for field in frappe.get_meta(doctype).get_table_fields())]
	return {
		table: {
			field.fieldname: int(field.permlevel)
			for field in frappe.get_meta(table).fields
			if field.permlevel
		}
		for table in tables
	}


class FieldLevelMixin:
	"""Put before `Document` in the bases of a controller whose fields have levels.

	In a web request `as_dict` leaves out what the session's user doesn't read, since Frappe answers every
	save with it. Server code reads fields as attributes and is not concerned.
	"""

	def as_dict(self, *args, **kwargs):
		"""The document as a dict, without fields above the user's level."""
		values = super().as_dict(*args, **kwargs)
		if getattr(frappe.local, "request", None):
			strip_hidden_fields(self.doctype, values)
		return values


def strip_hidden_fields(doctype: str, values: dict) -> None:
	"""Remove in place what the session's user doesn't read, child rows included."""
	hidden = get_hidden_fields(doctype)
	if not hidden:
		return
	rows = [values]
	for field in frappe.get_meta(doctype).get_table_fields():
		rows.extend(values.get(field.fieldname) or [])
	for row in rows:
		for field in hidden.intersection(row):
			del row[field]


def strip_version(version, method: str | None = None) -> None:
	"""Take fields above level 0 out of a change log entry before it is stored.

	Frappe shows the log to everybody who reads the document, whatever the level of the field.
	"""
	if version.ref_doctype and frappe.db.exists("DocType", version.ref_doctype) and version.data:
		levels = _get_fields_by_level(version.ref_doctype)
		if any(levels.values()):
			version.data = json.dumps(_strip_changes(json.loads(version.data), version.ref_doctype, levels))


def _strip_changes(data: dict, doctype: str, levels: dict[str, dict[str, int]]) -> dict:
	tables = {field.fieldname: field.options for field in frappe.get_meta(doctype).get_table_fields()}
	data["changed"] = [row for row in data.get("changed") or [] if row[0] not in levels[doctype]]
	for kind in ("added", "removed"):
		for table, row in data.get(kind) or []:
			for field in levels.get(tables.get(table), {}):
				row.pop(field, None)
	for change in data.get("row_changed") or []:
		hidden = levels.get(tables.get(change[0]), {})
		change[3] = [row for row in change[3] if row[0] not in hidden]
	return data
