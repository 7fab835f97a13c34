"""Waybill Accounts: which one a parcel uses, and what it is opened with.

Pinduoduo and Douyin want a waybill of their own for each of their orders; every platform does where it hides the
receiver, because nobody else can read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import cint, now_datetime
from frappe.utils.password import get_decrypted_password

from storegroup_oms.connectors.errors import ConnectorError
from storegroup_oms.couriers.waybills.access import Access
from storegroup_oms.couriers.waybills.base import Contract, Party
from storegroup_oms.couriers.waybills.facts import Parcel

# Service → (platform, the courier's code there, its second code).
SERVICES = {
	"Cainiao": ("Taobao", "cainiao_code", ""),
	"JD": ("JD", "jd_label_code", "jd_code"),
	"Pinduoduo": ("Pinduoduo", "pdd_wp_code", ""),
	"Douyin": ("Douyin", "douyin_code", ""),
	"Kuaidi100": ("", "kuaidi100_code", ""),
	"KDNiao": ("", "kdniao_code", ""),
}
OWN_SERVICE = {platform: name for name, (platform, *_codes) in SERVICES.items() if platform}
STRICT_PLATFORMS = ("Pinduoduo", "Douyin")


@dataclass
class Account:
	"""One Waybill Account. `couriers` and `senders` are its rows by courier and by warehouse."""

	name: str
	provider: str
	shop: str
	serves_others: bool
	is_active: bool
	priority: int
	gateway_url: str
	app_key: str
	shops: set[str] = field(default_factory=set)
	couriers: dict[str, frappe._dict] = field(default_factory=dict)
	senders: dict[str, frappe._dict] = field(default_factory=dict)

	@property
	def platform(self) -> str:
		return SERVICES[self.provider][0]

	def get_access(self) -> Access:
		secret = get_decrypted_password("Waybill Account", self.name, "app_secret", raise_exception=False)
		return Access(self.app_key, secret or "", self.gateway_url)


class Book:
	"""All accounts, couriers' codes and warehouses' addresses, read once for a batch of parcels."""

	def __init__(self) -> None:
		self.accounts = read_accounts()
		fields = [name for _platform, *names in SERVICES.values() for name in names if name]
		rows = frappe.get_all("Courier", fields=["name", *fields], order_by="name asc")
		self.couriers = {row.name: row for row in rows}
		rows = frappe.get_all(
			"Warehouse",
			fields=["name", "contact_name", "contact_mobile", "province", "city", "district", "address"],
			order_by="name asc",
		)
		self.warehouses = {row.name: row for row in rows}

	def choose(self, parcel: Parcel, courier: str) -> tuple[Account | None, str]:
		"""The account that a parcel uses, or None and why there is none."""
		demanded = get_demanded(parcel)
		if len(demanded) > 1:
			return None, _("Orders of {0} cannot share one waybill. Split the parcel.").format(
				", ".join(_(platform) for platform in sorted(demanded))
			)
		wanted = next(iter(demanded), "")
		fitting = [account for account in self.accounts.values() if _may_serve(account, parcel, wanted)]
		serving = [account for account in fitting if courier in account.couriers]
		coded = [account for account in serving if self.get_code(account, courier)]
		if coded:
			return min(coded, key=lambda account: _get_rank(account, parcel)), ""
		if serving:
			provider = serving[0].provider
			return None, _("Courier {0} has no code at {1}. Enter it on the courier.").format(
				courier, _(provider)
			)
		if wanted:
			platform, provider = wanted, OWN_SERVICE[wanted]
			return None, _(
				"Orders of {0} need a waybill of {0} itself. Add a Waybill Account of {1} with courier {2}, or choose"
				" another courier."
			).format(_(platform), _(provider), courier)
		return None, _("No Waybill Account has numbers of courier {0} for this parcel. Add one.").format(
			courier
		)

	def get_code(self, account: Account, courier: str) -> str:
		return (self.couriers.get(courier) or {}).get(SERVICES[account.provider][1]) or ""

	def make_contract(self, account: Account, courier: str) -> Contract:
		row = account.couriers.get(courier) or frappe._dict()
		second = SERVICES[account.provider][2]
		password = row.name and get_decrypted_password(
			"Waybill Account Courier", row.name, "customer_password", raise_exception=False
		)
		return Contract(
			code=self.get_code(account, courier),
			numeric_code=(self.couriers.get(courier) or {}).get(second) or "" if second else "",
			customer_code=row.customer_code or "",
			customer_password=password or "",
			branch_code=row.branch_code or "",
			template_url=row.template_url or "",
		)

	def find_sender(self, account: Account | None, warehouse: str) -> Party | None:
		"""Who sends: the account's row for the warehouse, else the warehouse itself; None where that is incomplete."""
		row = account.senders.get(warehouse) if account else None
		if row:
			name, mobile = row.sender_name, row.sender_mobile
		else:
			row = self.warehouses.get(warehouse) or frappe._dict()
			name, mobile = row.contact_name, row.contact_mobile
		if not (name and mobile and row.province and row.city and row.address):
			return None
		return Party(name, mobile, row.province, row.city, row.district or "", "", row.address)


def get_demanded(parcel: Parcel) -> set[str]:
	"""Platforms that want a waybill of their own for this parcel."""
	return {
		order.platform
		for order in parcel.orders
		if order.platform in STRICT_PLATFORMS or (parcel.is_hidden and order.platform in OWN_SERVICE)
	}


def _may_serve(account: Account, parcel: Parcel, demanded: str) -> bool:
	if not account.is_active or (account.shops and not parcel.shops <= account.shops):
		return False
	if demanded:
		return account.platform == demanded
	return not account.platform or account.platform == parcel.platform or account.serves_others


def _get_rank(account: Account, parcel: Parcel) -> tuple:
	"""The shop's own account before others, then by priority."""
	return account.shop not in parcel.shops, account.priority, account.name


def read_accounts(names: Sequence[str] | None = None) -> dict[str, Account]:
	"""Accounts by name, all of them without names."""
	filters = {"name": ["in", list(names) or [""]]} if names is not None else {}
	accounts = {
		row.name: Account(
			row.name,
			row.provider,
			row.shop or "",
			bool(row.serves_others),
			bool(row.is_active),
			cint(row.priority),
			row.gateway_url or "",
			row.app_key or "",
		)
		for row in frappe.get_all(
			"Waybill Account",
			filters=filters,
			fields=[
				"name",
				"provider",
				"shop",
				"serves_others",
				"is_active",
				"priority",
				"gateway_url",
				"app_key",
			],
			order_by="name asc",
		)
	}
	of_account = {"parenttype": "Waybill Account", "parent": ["in", list(accounts) or [""]]}
	for row in frappe.get_all(
		"Waybill Account Courier",
		filters=of_account,
		fields=["name", "parent", "courier", "customer_code", "branch_code", "template_url"],
		order_by="parent asc, idx asc",
	):
		accounts[row.parent].couriers[row.courier] = row
	for row in frappe.get_all(
		"Waybill Account Shop", filters=of_account, fields=["parent", "shop"], order_by="parent asc, idx asc"
	):
		accounts[row.parent].shops.add(row.shop)
	for row in frappe.get_all(
		"Waybill Account Sender",
		filters=of_account,
		fields=[
			"parent",
			"warehouse",
			"sender_name",
			"sender_mobile",
			"province",
			"city",
			"district",
			"address",
		],
		order_by="parent asc, idx asc",
	):
		accounts[row.parent].senders[row.warehouse] = row
	return accounts


def note_answer(account: str, error: ConnectorError | None, advice: str = "") -> None:
	"""Mark on the account that the service has answered, or failed and since when. Doesn't commit."""
	if error is None:
		values = {"last_success_at": now_datetime(), "failing_since": None, "last_error": None}
	else:
		since = frappe.db.get_value("Waybill Account", account, "failing_since")
		values = {"failing_since": since or now_datetime(), "last_error": advice[:500]}
	frappe.db.set_value("Waybill Account", account, values, update_modified=False)
