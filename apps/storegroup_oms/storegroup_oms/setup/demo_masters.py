"""People, shops, warehouses, goods and listings of the demo company, by document. Idempotent by name."""

from datetime import timedelta

import frappe

from storegroup_oms.setup.demo_company import Company
from storegroup_oms.setup.demo_rows import insert_rows
from storegroup_oms.setup.profiles import STAFF_PROFILE

SHOP_FIELDS = (
	"shop_name",
	"platform",
	"platform_shop_id",
	"shop_group",
	"default_warehouse",
	"default_courier",
	"ship_within_hours",
	"commission_rate",
	"transaction_fee_rate",
	"stock_percentage",
	"stock_buffer",
)


def ensure_warehouses(company: Company) -> None:
	for row in company.warehouses:
		if frappe.db.exists("Warehouse", row["warehouse_name"]):
			continue
		serves = [
			{"province": province, "city": city, "priority": priority}
			for province, city, priority in row["serves"]
		]
		_insert("Warehouse", row | {"serves": serves, "is_active": 1})


def ensure_shops(company: Company) -> None:
	operators = company.get_staff("OMS Manager")
	for row in company.shops:
		if not frappe.db.exists("Shop", row["shop_name"]):
			values = {field: row[field] for field in SHOP_FIELDS}
			_insert("Shop", values | {"operator": operators[0] if operators else None})


def ensure_skus(company: Company) -> None:
	"""Single goods first, so that bundles find their components."""
	for row in sorted(company.skus, key=lambda row: row.get("is_bundle", 0)):
		if frappe.db.exists("SKU", row["sku_code"]):
			continue
		values = {key: value for key, value in row.items() if key not in ("sold_by", "stock")}
		values["components"] = [{"sku": code, "qty": qty} for code, qty in row.get("components", [])]
		values["barcodes"] = [
			{"barcode": barcode, "pack_qty": qty, "note": note}
			for barcode, qty, note in row.get("barcodes", [])
		]
		_insert("SKU", values | {"is_active": 1})


def get_goods_of_shop(company: Company, shop: dict) -> list[dict]:
	"""What a shop sells: its own kind, or a bit of everything."""
	if shop["sells"] == "mixed":
		return [row for index, row in enumerate(company.skus) if row["sold_by"] != "gift" and index % 2 == 0]
	return [row for row in company.skus if row["sold_by"] == shop["sells"]]


def ensure_listings(company: Company) -> None:
	"""One listing per shop and SKU that it sells; a few aren't matched yet and a few wait to be pushed."""
	if frappe.db.exists("Listing", {"shop": ["in", list(company.shop_by_name)]}):
		return
	rows = []
	for number, shop in enumerate(company.shops):
		for index, sku in enumerate(get_goods_of_shop(company, shop)):
			rows.append(_make_listing(company, shop, sku, f"{61_000_000 + number * 1_000 + index}"))
	insert_rows("Listing", rows)


def _make_listing(company: Company, shop: dict, sku: dict, item_id: str) -> dict:
	unmatched = company.dice.random() < 0.02
	pushed_at = company.now - timedelta(minutes=company.dice.randrange(3, 90))
	return {
		"shop": shop["shop_name"],
		"platform_item_id": item_id,
		"platform_sku_id": f"{item_id}01",
		"outer_id": None if unmatched else sku["sku_code"],
		"sku": None if unmatched else sku["sku_code"],
		"match_method": None if unmatched else "Code",
		"status": "Off Sale" if company.dice.random() < 0.03 else "On Sale",
		"price": sku["list_price"],
		"title": f"{sku['brand']} {sku['sku_name']}",
		"specification": sku["specification"],
		"push_enabled": 1,
		"is_dirty": 0,
		"wanted_qty": 0,
		"pushed_qty": 0,
		"confirmed_qty": 0,
		"pushed_at": pushed_at,
		"confirmed_at": pushed_at + timedelta(seconds=40),
		"push_error": None,
	}


def ensure_users(company: Company, password: str) -> None:
	"""The team's users, with roles and language."""
	for row in company.staff:
		if not frappe.db.exists("User", row["email"]):
			_insert_user(row, password)


def ensure_user_permissions(company: Company) -> None:
	"""Narrow those who work for some shops or one warehouse."""
	for row in company.staff:
		for allow, names in (("Shop", row.get("shops", [])), ("Warehouse", row.get("warehouses", []))):
			for name in names:
				values = {"user": row["email"], "allow": allow, "for_value": name}
				if not frappe.db.exists("User Permission", values):
					_insert("User Permission", values | {"apply_to_all_doctypes": 1})


def _insert_user(row: dict, password: str) -> None:
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": row["email"],
			"first_name": row["first_name"],
			"bio": row["title"],
			"language": "zh",
			"send_welcome_email": 0,
			"module_profile": STAFF_PROFILE,
			"new_password": password,
			"roles": [{"role": role} for role in row["roles"]],
		}
	)
	user.flags.ignore_permissions = True  # runs from the command line, before anyone has a role
	user.flags.ignore_password_policy = True  # random, and set by the launcher
	user.flags.no_welcome_mail = True
	user.insert()


def _insert(doctype: str, values: dict) -> None:
	# Runs from the command line as Administrator.
	frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)
