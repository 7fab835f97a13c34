"""The default review workflow on Order: people's part of the life cycle, changeable without code.

The workflow lives on `review_state`; each of its states names the canonical status that it stands
for (Frappe's own update field), so an administrator can add, rename and re-order review steps while
`status` keeps to the life cycle. See docs/adr/0005.
"""

import frappe

WORKFLOW = "Order Review"
FIRST_STATE = "Pending Review"

# state, canonical status, style, role that may edit the order in it
STATES = (
	("Pending Review", "To Review", "Primary", "OMS Order Clerk"),
	("Held", "On Hold", "Danger", "OMS Order Clerk"),
	("Approved", "To Print", "Success", "OMS Order Clerk"),
	("Rejected", "Closed", "Inverse", "OMS Manager"),
)

# from, action, to, role
TRANSITIONS = (
	("Pending Review", "Approve", "Approved", "OMS Order Clerk"),
	("Pending Review", "Hold", "Held", "OMS Order Clerk"),
	("Pending Review", "Hold", "Held", "OMS Customer Service"),
	("Pending Review", "Reject", "Rejected", "OMS Manager"),
	("Held", "Release", "Pending Review", "OMS Order Clerk"),
	("Held", "Reject", "Rejected", "OMS Manager"),
	("Approved", "Send Back", "Pending Review", "OMS Order Clerk"),
)


def ensure_review_workflow() -> None:
	"""Create the workflow, its states and actions where it doesn't exist; never touches an existing one."""
	for state, _status, style, _role in STATES:
		if not frappe.db.exists("Workflow State", state):
			document = {"doctype": "Workflow State", "workflow_state_name": state, "style": style}
			_insert(document)
	for action in sorted({row[1] for row in TRANSITIONS}):
		if not frappe.db.exists("Workflow Action Master", action):
			document = {"doctype": "Workflow Action Master", "workflow_action_name": action}
			_insert(document)
	if frappe.db.exists("Workflow", WORKFLOW):
		return
	_insert(
		{
			"doctype": "Workflow",
			"workflow_name": WORKFLOW,
			"document_type": "Order",
			"is_active": 1,
			"override_status": 1,
			"send_email_alert": 0,
			"workflow_state_field": "review_state",
			"states": [
				{
					"state": state,
					"doc_status": "0",
					"update_field": "status",
					"update_value": status,
					"allow_edit": role,
					"is_optional_state": 0,
				}
				for state, status, _style, role in STATES
			],
			"transitions": [
				{
					"state": state,
					"action": action,
					"next_state": following,
					"allowed": role,
					"allow_self_approval": 1,
				}
				for state, action, following, role in TRANSITIONS
			],
		}
	)


def _insert(document: dict) -> None:
	# Installation runs before anyone has a role.
	frappe.get_doc(document).insert(ignore_permissions=True)


def remove_review_workflow() -> None:
	"""Delete the workflow before Order goes; states and actions stay, as other workflows may use them."""
	if frappe.db.exists("Workflow", WORKFLOW):
		# Uninstalling is asked of the bench, not of a person with roles.
		frappe.delete_doc("Workflow", WORKFLOW, ignore_permissions=True, force=True)
