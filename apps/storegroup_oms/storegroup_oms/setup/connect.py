"""Access for many shops at once, from a file: how the demo company's shops reach the sandbox."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone

from storegroup_oms.connectors import runner
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.setup.demo_waybills import ensure_account

SECRETS = ("app_secret", "session_token", "refresh_token")


def connect_shops(path: str) -> Iterator[str]:
	"""Give each listed shop its access and start its first pull; yields a line for each.

	The file holds a JSON list of {platform_shop_id, platform, gateway_url, app_key, app_secret, session_token,
	refresh_token, token_expires_at (unix seconds)}, and of {service, key, secret, gateway_url} for waybills. Shops that the site doesn't have are passed over.
	Raises InvalidValueError for a file of another shape. Doesn't commit.
	"""
	rows = json.loads(Path(path).read_text())
	if not isinstance(rows, list):
		raise InvalidValueError("The file must hold a JSON list of shops.")
	for row in rows:
		if "service" in row:
			access = {"app_key": row["key"], "app_secret": row["secret"], "gateway_url": row["gateway_url"]}
			yield f"{ensure_account(row['service'], **access)}: connected"
			continue
		name = frappe.db.get_value(
			"Shop", {"platform": row["platform"], "platform_shop_id": row["platform_shop_id"]}
		)
		if not name:
			yield f"{row['platform_shop_id']}: no such shop here"
			continue
		shop = frappe.get_doc("Shop", name)
		shop.update({field: row[field] for field in ("gateway_url", "app_key", *SECRETS) if row.get(field)})
		shop.update({"status": "Active", "failing_since": None, "last_error": None, "error_code": None})
		if row.get("token_expires_at"):
			zone = ZoneInfo(get_system_timezone())
			shop.token_expires_at = datetime.fromtimestamp(row["token_expires_at"], zone).replace(tzinfo=None)
		shop.save()
		runner.wake(name, "pull")
		runner.wake(name, "listings")
		yield f"{name}: connected"
