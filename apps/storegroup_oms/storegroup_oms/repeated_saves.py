"""Buttons of the desk whose documents move stock in the request's own transaction: done again when the database ends it.

Of a deadlock all work of the request is undone, so that only its outermost function can begin again. Those here stand
before Frappe's of the same arguments (see `override_whitelisted_methods` in hooks.py).
"""

import frappe

from storegroup_oms.permissions import require_permission
from storegroup_oms.transactions import repeat_request

STOCKED = ("Order", "Stock Entry", "Stock Count")


@frappe.whitelist(methods=["POST"])
def savedocs(doc: str, action: str) -> None:
	"""Save or submit a form."""
	from frappe.desk.form import save

	values = frappe.parse_json(doc)
	if values.get("doctype") not in STOCKED:
		return save.savedocs(doc, action)
	is_new = bool(values.get("__islocal"))
	require_permission(values["doctype"], "create" if is_new else "write", None if is_new else values["name"])
	return repeat_request(lambda: save.savedocs(doc, action))


@frappe.whitelist(methods=["POST"])
def apply_workflow(doc: str | dict, action: str) -> object:
	"""Take a document one step further in its workflow, as by the button Approve."""
	from frappe.model import workflow

	values = frappe.parse_json(doc)
	if values.get("doctype") not in STOCKED:
		return workflow.apply_workflow(doc, action)
	require_permission(values["doctype"], "write", values["name"])
	return repeat_request(lambda: workflow.apply_workflow(doc, action))
