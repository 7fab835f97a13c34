"""A recommendation of the scorecard becomes a draft that a person looks at and puts into force."""

import frappe
from frappe import _

from storegroup_oms.permissions import require_permission

RULE = "Courier Rule"


def create_draft(warehouse: str, province: str, courier: str) -> dict:
	"""Draft the use of a courier on a lane; returns {doctype, name}. The same lane and courier twice is one draft.

	Where the site has no Courier Rule, the draft is a Task. Inserts as the session's user.
	"""
	doctype = RULE if frappe.db.exists("DocType", RULE) else "Task"
	require_permission(doctype, "create")
	make = _make_rule if doctype == RULE else _make_task
	values = make(warehouse, province, courier)
	if name := frappe.db.get_value(doctype, values):
		return {"doctype": doctype, "name": name}
	return {"doctype": doctype, "name": frappe.get_doc({"doctype": doctype, **values}).insert().name}


def _make_rule(warehouse: str, province: str, courier: str) -> dict:
	title = _("{0} → {1}: {2}").format(warehouse, province, courier)
	return {
		"rule_name": title[:140],
		"warehouse": warehouse,
		"province": province,
		"courier": courier,
		"enabled": 0,
	}


def _make_task(warehouse: str, province: str, courier: str) -> dict:
	subject = _("Send parcels from {0} to {1} with {2}").format(warehouse, province, courier)
	return {"subject": subject[:255], "kind": "Logistics", "status": "Open"}
