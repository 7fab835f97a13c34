"""Doors of tracking: services push in, people work on alerts and claims, buyers ask where their parcel is."""

import json
from dataclasses import asdict

import frappe
from frappe import _
from frappe.rate_limiter import rate_limit
from werkzeug.wrappers import Response

from storegroup_oms.couriers.report.courier_scorecard.courier_scorecard import make_period
from storegroup_oms.couriers.tracking import advice, buyers_page, claims, draft_rules, problems, pushes
from storegroup_oms.couriers.tracking.scorecard import compute
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.permissions import get_scope_condition, require_permission


def _answer(body: dict) -> Response:
	return Response(json.dumps(body, ensure_ascii=False), content_type="application/json; charset=utf-8")


def _get_form() -> dict[str, str]:
	return {key: value for key, value in frappe.request.form.items() if isinstance(value, str)}


@frappe.whitelist(methods=["POST"], allow_guest=True)
def push_kuaidi100(account: str = "") -> Response:
	"""Kuaidi100 pushes here. What counts is the signature by the account's salt; answered in the service's words."""
	return _answer(pushes.take_kuaidi100(_get_form(), account[:140]))


@frappe.whitelist(methods=["POST"], allow_guest=True)
def push_kdniao() -> Response:
	"""KDNiao pushes here. What counts is the signature by the account's key; answered in the service's words."""
	return _answer(pushes.take_kdniao(_get_form()))


# Alerts and claims

MOST_AT_ONCE = 500


def _read_names(names: list[str]) -> list[str]:
	if not names or len(names) > MOST_AT_ONCE:
		frappe.throw(
			_("Choose 1 to {0} rows.").format(MOST_AT_ONCE), exc=InvalidValueError, title=_("Too Many Rows")
		)
	return [str(name) for name in names]


@frappe.whitelist(methods=["GET", "POST"])
def get_alert_counts() -> list[dict]:
	"""Open alerts of the user's scope by kind, the gravest first: {kind, open}; only kinds that have any."""
	require_permission("Parcel Alert", "read")
	scope = get_scope_condition("Parcel Alert").replace("%", "%%") or "1 = 1"
	rows = frappe.db.sql(
		f"SELECT kind, COUNT(*) FROM `tabParcel Alert` WHERE status = %s AND {scope} GROUP BY kind", "Open"
	)
	counts = dict(rows)
	return [{"kind": kind, "open": counts[kind]} for kind in problems.KINDS if counts.get(kind)]


@frappe.whitelist(methods=["POST"])
def handle_alerts(alerts: list[str], note: str) -> int:
	"""Take alerts off the worklist with a word on what was done; returns how many were open."""
	names = _read_names(alerts)
	for name in names:
		require_permission("Parcel Alert", "write", name)
	return problems.handle(names, note)


@frappe.whitelist(methods=["POST"])
def create_claims(alerts: list[str]) -> list[str]:
	"""Draft claims for the parcels of alerts, one for each courier and warehouse; returns their names."""
	names = _read_names(alerts)
	require_permission("Courier Claim", "create")
	for name in names:
		require_permission("Parcel Alert", "read", name)
	return claims.create_claims(names)


@frappe.whitelist(methods=["POST"])
def download_claim_sheet(name: str) -> None:
	"""A claim's parcels as an Excel file, to download."""
	require_permission("Courier Claim", "read", name)
	frappe.response["filename"] = f"{name}.xlsx"
	frappe.response["filecontent"] = claims.make_sheet(frappe.get_doc("Courier Claim", name))
	frappe.response["type"] = "binary"


# Buyers


@frappe.whitelist(methods=["POST"], allow_guest=True)
def track(number: str, digits: str) -> list[dict]:
	"""Where the parcels of an order or waybill number are, for who knows the last four digits of the receiver's phone.

	The answer to wrong digits is that to an unknown number: none. Sixty questions of one address in ten minutes, and
	twelve about one number in an hour, are the most; then frappe.TooManyRequestsError, HTTP 429.
	"""
	# Counted as it is looked for: another way to write a number gives no further tries.
	frappe.form_dict.update(number=buyers_page.fold_number(number), digits=digits.strip()[:4])
	try:
		return _track()
	except frappe.ValidationError as error:
		# The limiter's own error, which has no status of its own everywhere.
		raise frappe.TooManyRequestsError(str(error)) from None


@rate_limit(limit=60, seconds=600)
@rate_limit(key="number", limit=12, seconds=3600, ip_based=False)
def _track(number: str, digits: str) -> list[dict]:
	return buyers_page.find_parcels(number, digits)


# Scorecard


@frappe.whitelist(methods=["GET", "POST"])
def get_courier_advice(filters: str | dict | None = None) -> list[dict]:
	"""Lanes that another courier would serve better, by the scorecard of the report's filters, most saved first.

	Rows of `advice.Change` with saves_total. Only for who reads what parcels cost.
	"""
	return [{**asdict(change), "saves_total": change.saves_total} for change in _find_changes(filters)]


def _find_changes(filters: str | dict | None) -> list[advice.Change]:
	require_permission("Shipment", "read")
	if "freight_cost" in get_hidden_fields("Shipment"):
		frappe.throw(_("What parcels cost is not open to you."), exc=frappe.PermissionError)
	rows = compute(make_period(frappe._dict(frappe.parse_json(filters or "{}"))), "Lane")
	return advice.find_changes(rows)


@frappe.whitelist(methods=["POST"])
def draft_courier_rule(
	warehouse: str, province: str, courier: str, filters: str | dict | None = None
) -> dict:
	"""Write a recommendation down as a rule that is not in force yet; returns its doctype and name.

	With the report's `filters` the rule's note tells what it saves and what it costs.
	"""
	require_permission("Courier", "read", courier)
	require_permission("Warehouse", "read", warehouse)
	lane = (warehouse, province, courier)
	changes = _find_changes(filters) if filters else []
	change = next((one for one in changes if (one.warehouse, one.province, one.better) == lane), None)
	return draft_rules.create_draft(*lane, change)
