"""Tracking accounts in clear, for the jobs that speak for them and the door that their pushes come in at.

The only module that takes their secrets out of their fields.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import frappe
from frappe.utils import get_url, now_datetime
from frappe.utils.password import get_decrypted_password

from storegroup_oms.connectors.http import CallRecord, Transport
from storegroup_oms.couriers.tracking.base import TrackingClient
from storegroup_oms.couriers.tracking.kdniao import KDNiaoClient
from storegroup_oms.couriers.tracking.kuaidi100 import Kuaidi100Client

CLIENTS: dict[str, Callable[..., TrackingClient]] = {"Kuaidi100": Kuaidi100Client, "KDNiao": KDNiaoClient}
PUSH_PATHS = {"Kuaidi100": "push_kuaidi100", "KDNiao": "push_kdniao"}


@dataclass(frozen=True)
class TrackingKeys:
	"""An account with its secrets; `couriers` empty means all. Its repr tells no secret."""

	name: str
	provider: str
	customer: str
	gateway_url: str
	callback_url: str
	subscribes: bool
	polls: bool
	couriers: frozenset[str]
	key: str = field(repr=False)
	salt: str = field(repr=False)

	def make_client(self, record: Callable[[CallRecord], None] | None = None) -> TrackingClient:
		transport = Transport(record=record, secrets=[secret for secret in (self.key, self.salt) if secret])
		return CLIENTS[self.provider](self.customer, self.key, transport, self.gateway_url)

	def get_callback_url(self) -> str:
		path = f"/api/method/storegroup_oms.api.tracking.{PUSH_PATHS[self.provider]}"
		return self.callback_url or f"{get_url(path)}?account={self.name}"


def get_accounts(**filters: object) -> list[TrackingKeys]:
	"""Active accounts, the one to be asked first first."""
	rows = frappe.get_all(
		"Tracking Account",
		filters={"is_active": 1, **filters},
		fields=["name", "provider", "customer", "gateway_url", "callback_url", "subscribes", "polls"],
		order_by="priority asc, name asc",
	)
	couriers: dict[str, set[str]] = {}
	for line in frappe.get_all(
		"Tracking Account Courier",
		filters={"parent": ["in", [row.name for row in rows]]},
		fields=["parent", "courier"],
		order_by="idx asc",
	):
		couriers.setdefault(line.parent, set()).add(line.courier)
	return [
		TrackingKeys(
			name=row.name,
			provider=row.provider,
			customer=row.customer,
			gateway_url=row.gateway_url or "",
			callback_url=row.callback_url or "",
			subscribes=bool(row.subscribes),
			polls=bool(row.polls),
			couriers=frozenset(couriers.get(row.name, ())),
			key=_get_secret(row.name, "api_key"),
			salt=_get_secret(row.name, "callback_salt"),
		)
		for row in rows
	]


def _get_secret(account: str, fieldname: str) -> str:
	return get_decrypted_password("Tracking Account", account, fieldname, raise_exception=False) or ""


def find_account(
	accounts: Iterable[TrackingKeys], parcel: frappe._dict, fits: Callable[[TrackingKeys], bool]
) -> tuple[TrackingKeys | None, str]:
	"""The first account that follows a parcel's courier, and the courier's code there; (None, "") without one.

	`parcel` has courier, kuaidi100_code and kdniao_code.
	"""
	codes = {"Kuaidi100": parcel.kuaidi100_code, "KDNiao": parcel.kdniao_code}
	for account in accounts:
		code = codes[account.provider]
		if code and fits(account) and (not account.couriers or parcel.courier in account.couriers):
			return account, code
	return None, ""


def note_errors(errors: dict[str, str]) -> None:
	"""Keep {account: its latest error} where administrators see it. Never commits."""
	for name, message in errors.items():
		frappe.db.set_value(
			"Tracking Account",
			name,
			{"last_error": message[:500], "last_error_at": now_datetime()},
			update_modified=False,
		)


def find_parcels_to_ask(names: Sequence[str]) -> list[frappe._dict]:
	"""What a call about parcels needs: courier codes, and the last four digits of the receiver's phone.

	Some couriers tell nothing without those digits; more of the phone is never sent.
	"""
	return frappe.db.sql(
		"""SELECT parcel.name, parcel.courier, parcel.waybill_no, parcel.subscribe_attempts, parcel.is_subscribed,
			parcel.last_event_at, parcel.shipped_at, courier.kuaidi100_code, courier.kdniao_code,
			(SELECT receiver.mobile_tail FROM `tabShipment Order` link
				JOIN `tabOrder Receiver` receiver ON receiver.name = link.`order`
				WHERE link.parent = parcel.name ORDER BY link.idx LIMIT 1) AS phone_tail
		FROM tabShipment parcel JOIN tabCourier courier ON courier.name = parcel.courier
		WHERE parcel.name IN %s AND parcel.waybill_no IS NOT NULL ORDER BY parcel.name""",
		[list(names)],
		as_dict=True,
	)
