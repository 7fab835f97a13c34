"""Pushes of tracking services: verified, written, answered in the service's own words. A replay changes nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime

import frappe
from frappe.utils import now_datetime

from storegroup_oms.connectors.errors import MappingError, SignatureError
from storegroup_oms.couriers.tracking import accounts, events, kdniao, kuaidi100
from storegroup_oms.couriers.tracking.accounts import TrackingKeys
from storegroup_oms.couriers.tracking.base import CHINA_TIME, Trace

LONGEST = 2_000_000


def take_kuaidi100(form: Mapping[str, str], account: str) -> dict:
	"""Take a push of Kuaidi100 for an account; returns its answer. Commits what it writes."""
	known = accounts.get_accounts(provider="Kuaidi100", name=account) if account else []
	reason = _take(form, known, "Kuaidi100", lambda keys: kuaidi100.read_push(form, keys.salt))
	return {"": kuaidi100.ACCEPTED, "signature": kuaidi100.REFUSED}.get(reason, kuaidi100.FAILED)


def take_kdniao(form: Mapping[str, str]) -> dict:
	"""Take a push of KDNiao; its account is the one of the number that the body names. Commits what it writes."""
	number = _find_business_id(form)
	known = accounts.get_accounts(provider="KDNiao", customer=number) if number else []
	reason = _take(form, known, "KDNiao", lambda keys: kdniao.read_push(form, keys.key))
	words = {"": "", "signature": "数据验证不通过"}.get(reason, "服务器错误")
	return kdniao.make_answer(number, datetime.now(CHINA_TIME), words)


def _find_business_id(form: Mapping[str, str]) -> str:
	try:
		return str(frappe.parse_json(form.get("RequestData") or "{}").get("EBusinessID") or "")[:140]
	except (ValueError, AttributeError):
		return ""


def _take(
	form: Mapping[str, str],
	known: list[TrackingKeys],
	provider: str,
	read: Callable[[TrackingKeys], list[Trace]],
) -> str:
	"""Empty when the push was taken; else why not: signature, unreadable or failed."""
	if sum(len(str(value)) for value in form.values()) > LONGEST:
		return "unreadable"
	try:
		if not known:
			raise SignatureError("account", "No account of ours is meant.")
		traces = read(known[0])
	except SignatureError as error:
		frappe.db.rollback()
		_log(provider, "refused", f"{error.code}: {error.message}")
		return "signature"
	except MappingError as error:
		_log(provider, "unreadable", str(error))
		return "unreadable"
	try:
		events.store(traces, provider)
		frappe.db.set_value(
			"Tracking Account", known[0].name, "last_push_at", now_datetime(), update_modified=False
		)
	except Exception:
		frappe.db.rollback()
		_log(provider, "failed", frappe.get_traceback())
		return "failed"
	return ""


def _log(provider: str, outcome: str, message: str) -> None:
	"""A row of the error log, committed at once: the answer of a refused push ends without a commit."""
	frappe.log_error(title=f"Push of {provider} {outcome}", message=message[:2000])
	frappe.db.commit()  # this is the end of the request's work
