"""A shop's access in clear, for the one job that speaks for it.

The only module that takes a shop's secrets out of their fields.
"""

from datetime import datetime

import frappe
from frappe import _
from frappe.utils.password import get_decrypted_password

from storegroup_oms.connectors.base import CHINA_TIME, Account
from storegroup_oms.connectors.registry import has_connector

SECRET_FIELDS = ("app_secret", "session_token", "refresh_token")


def now() -> datetime:
	"""The present, aware, in China time."""
	return datetime.now(CHINA_TIME)


def get_account(shop: str) -> Account:
	"""The shop's access in clear. Raises DoesNotExistError for an unknown shop."""
	row = frappe.db.get_value(
		"Shop", shop, ["platform_shop_id", "app_key", "gateway_url"], as_dict=True
	) or frappe.throw(_("There is no shop {0}.").format(shop), exc=frappe.DoesNotExistError)
	secrets = {
		field: get_decrypted_password("Shop", shop, field, raise_exception=False) or ""
		for field in SECRET_FIELDS
	}
	return Account(
		shop=shop,
		platform_shop_id=row.platform_shop_id or "",
		app_key=row.app_key or "",
		gateway_url=row.gateway_url or "",
		**secrets,
	)


def is_connectable(shop: frappe._dict) -> bool:
	"""True when a Shop row (platform, app_key) has what a call needs."""
	return has_connector(shop.platform) and bool(shop.app_key)
