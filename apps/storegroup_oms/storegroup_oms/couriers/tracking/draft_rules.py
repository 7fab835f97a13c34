"""A recommendation of the scorecard becomes a rule that a person tries, looks at and puts into force."""

import frappe
from frappe import _

from storegroup_oms.couriers.tracking.advice import Change
from storegroup_oms.permissions import require_permission


def create_draft(warehouse: str, province: str, courier: str, change: Change | None = None) -> dict:
	"""Draft a Courier Rule that prefers a courier on a lane, switched off; returns {doctype, name}.

	`change` is what the scorecard says of it, for the rule's note. The same lane and courier twice is one draft. Inserts
	as the session's user.
	"""
	require_permission("Courier Rule", "create")
	values = {
		"action": "Prefer",
		"warehouse": warehouse,
		"province": province,
		"courier": courier,
		"enabled": 0,
	}
	if name := frappe.db.get_value("Courier Rule", values):
		return {"doctype": "Courier Rule", "name": name}
	title = _("{0} → {1}: {2}").format(warehouse, province, courier)[:140]
	if frappe.db.exists("Courier Rule", {"rule_name": title}):
		title = f"{title[:125]} {frappe.generate_hash(length=6)}"
	note = describe(change) if change else ""
	rule = frappe.get_doc({"doctype": "Courier Rule", "rule_name": title, "note": note, **values}).insert()
	return {"doctype": "Courier Rule", "name": rule.name}


def describe(change: Change) -> str:
	"""What a change saves and what it costs, in words."""
	texts = [
		_("Instead of {0}, by {1} parcels of the scorecard's period.").format(change.courier, change.parcels),
		_("Saves {0} a parcel, {1} in all; of that freight: {2} a parcel.").format(
			f"{change.saves:.2f}", f"{change.saves_total:.2f}", f"{change.freight_saves:.2f}"
		),
		_("Half arrive {0} days later (less: earlier), nine in ten {1} days.").format(
			f"{change.days:.2f}", f"{change.p90_days:.2f}"
		),
		_("Percentage points more (less: fewer): problems {0}, lost {1}, complaints {2}.").format(
			f"{change.problem_rate:.2f}", f"{change.loss_rate:.2f}", f"{change.complaint_rate:.2f}"
		),
	]
	return " ".join(texts)
