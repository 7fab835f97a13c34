"""A large stock with a year of movements, made inside the database: the data that `stock_pages.py` measures on.

Every number follows from the position of its row, so that ledger, balances and reservations agree and the proof
finds nothing. One SKU in a hundred moves much more than the others. What is made carries names that begin with
BENCH-S or BENCH STOCK, so that it can be told apart and removed.
"""

import frappe
from frappe.utils import cint, now_datetime

from storegroup_oms.inventory import figures
from storegroup_oms.tests.factories import PASSWORD, create_warehouse

SKUS_AT_ONCE = 100
CATEGORIES = ("美妆", "个护", "家清", "食品", "母婴", "数码", "家纺", "宠物")
MARK = "oms_benchmark_stock"
STAFF = "bench-stock@example.com"
# Of the rows of all, what one SKU in HOT_EVERY has more than another.
HOT_EVERY, HOT_TIMES = 100, 25
STAMPS = "'Administrator' AS owner, 'Administrator' AS modified_by"


def ensure_data(skus: int, warehouses: int, rows: int) -> bool:
	"""Make the data unless it is there in this size; True when it was made. Commits."""
	size = f"{skus}x{warehouses}x{rows}"
	if frappe.db.get_default(MARK) == size:
		return False
	remove_data()
	_make_masters(skus, warehouses)
	each = max(rows * HOT_EVERY // (skus * warehouses * (HOT_EVERY - 1 + HOT_TIMES)), 8)
	for first in range(1, skus + 1, SKUS_AT_ONCE):
		_make_stock(first, min(first + SKUS_AT_ONCE - 1, skus), each)
		frappe.db.commit()
	_make_orders(min(skus // 2, 10_000))
	for table in ("SKU", "Stock Ledger", "Stock Balance", "Stock Reservation", "Order Item"):
		frappe.db.sql(f"ANALYZE TABLE `tab{table}`")
	figures.refresh_all()
	frappe.db.sql("ANALYZE TABLE `tabStock Figure`")
	frappe.db.set_default(MARK, size)
	frappe.db.commit()
	return True


def get_sku(number: int) -> str:
	"""Code of a SKU, 1-based."""
	return f"BENCH-S-{number:05d}"


def get_warehouse(number: int) -> str:
	"""Name of a warehouse, 1-based."""
	return f"BENCH STOCK {number}"


def remove_data() -> None:
	"""Delete everything that `ensure_data` made. Commits."""
	frappe.db.rollback()
	for doctype in (
		"Stock Ledger",
		"Stock Balance",
		"Stock Figure",
		"Stock Reservation",
		"Stock Alert",
		"Stock Drift",
	):
		frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE sku LIKE 'BENCH-S-%%'")
	frappe.db.sql("DELETE FROM `tabOrder Item` WHERE parent LIKE 'BSO-%%'")
	frappe.db.sql("DELETE FROM `tabOrder` WHERE name LIKE 'BSO-%%'")
	frappe.db.sql("DELETE FROM `tabSKU` WHERE name LIKE 'BENCH-S-%%'")
	frappe.db.delete("Warehouse", {"name": ["like", "BENCH STOCK %"]})
	frappe.db.delete("Stock Proof")
	frappe.db.delete("User Permission", {"user": STAFF})
	if frappe.db.exists("User", STAFF):
		frappe.delete_doc("User", STAFF, force=True)
	frappe.defaults.clear_default(MARK)
	frappe.db.commit()


def _make_masters(skus: int, warehouses: int) -> None:
	for number in range(1, warehouses + 1):
		create_warehouse(warehouse_name=get_warehouse(number))
	user = {
		"doctype": "User",
		"email": STAFF,
		"first_name": "Bench Stock",
		"send_welcome_email": 0,
		"new_password": PASSWORD,
		"roles": [{"role": "OMS Warehouse Staff"}],
	}
	frappe.get_doc(user).insert()
	for number in range(1, min(warehouses, 2) + 1):
		values = {"user": STAFF, "allow": "Warehouse", "for_value": get_warehouse(number)}
		frappe.get_doc({"doctype": "User Permission", **values}).insert()
	category = f"ELT(1 + MOD(seq, {len(CATEGORIES)}), {', '.join(repr(name) for name in CATEGORIES)})"
	frappe.db.sql(
		f"""INSERT INTO `tabSKU` (name, creation, modified, owner, modified_by, sku_code, sku_name, category, is_active,
			is_bundle, cost_price, barcode)
		SELECT CONCAT('BENCH-S-', LPAD(seq, 5, '0')), %(now)s, %(now)s, {STAMPS}, CONCAT('BENCH-S-', LPAD(seq, 5, '0')),
			CONCAT({category}, '商品 ', seq), {category}, 1, 0, 1 + MOD(seq, 97), 6900000000000 + seq
		FROM seq_1_to_{skus}""",
		{"now": now_datetime()},
	)
	frappe.db.commit()


# Everything is cast, since the numbers of a sequence have no sign and refuse to fall below nothing.
# The running numbers after entry `e` of a place that began with `opening` pieces: a cycle of four entries reserves one
# piece, ships it, receives two and issues one.
SHIPPED, RECEIVED, ISSUED = "FLOOR((e + 1) / 4)", "2 * FLOOR(e / 4)", "FLOOR((e - 1) / 4)"
ON_HAND = f"(opening - {SHIPPED} + {RECEIVED} - {ISSUED})"
RESERVED = "(FLOOR((e + 2) / 4) - FLOOR((e + 1) / 4))"
KIND = "IF(e = 1, 'Opening', ELT(1 + MOD(e, 4), 'Receipt', 'Issue', 'Reserve', 'Shipment'))"
QTY = "IF(e = 1, opening, CAST(ELT(1 + MOD(e, 4), 2, -1, 0, -1) AS SIGNED))"
PROMISED = "IF(e = 1, 0, CAST(ELT(1 + MOD(e, 4), 0, 0, 1, -1) AS SIGNED))"


def _make_stock(first: int, last: int, each: int) -> None:
	"""Ledger, balances and reservations of the SKUs first … last in all warehouses."""
	places = f"""SELECT goods.name AS sku, place.name AS warehouse, CAST(1 + MOD(goods.seq, 97) AS SIGNED) AS cost,
			CAST(2 + MOD(goods.seq * 37 + place.seq * 11, 300) AS SIGNED) AS opening,
			CAST(IF(MOD(goods.seq, {HOT_EVERY}) = 0, {each * HOT_TIMES}, {each}) AS SIGNED) AS n
		FROM (SELECT CAST(seq AS SIGNED) AS seq, CONCAT('BENCH-S-', LPAD(seq, 5, '0')) AS name
			FROM seq_{first}_to_{last}) goods
		JOIN (SELECT name, CAST(SUBSTRING(name, 13) AS SIGNED) AS seq FROM `tabWarehouse` WHERE name LIKE 'BENCH STOCK %%') place"""
	values = {"now": now_datetime()}
	frappe.db.sql(
		f"""INSERT INTO `tabStock Ledger` (name, creation, modified, owner, modified_by, sku, warehouse, movement_type,
			posted_at, qty_change, reserved_change, in_transit_change, on_hand_after, reserved_after, in_transit_after,
			entry_no, source_doctype, source_name, posted_by, unit_cost, value_change)
		SELECT LEFT(MD5(CONCAT(sku, warehouse, e)), 16), moment, moment, {STAMPS}, sku, warehouse, kind, moment,
			qty, promised, 0, on_hand, reserved, 0, e, 'Order', CONCAT('BSO-', LPAD(1 + MOD(e * 7919, 100000), 9, '0')),
			'Administrator', cost, qty * cost
		FROM (
			SELECT sku, warehouse, cost, e, {KIND} AS kind, {QTY} AS qty, {PROMISED} AS promised,
				{ON_HAND} AS on_hand, {RESERVED} AS reserved,
				%(now)s - INTERVAL ROUND((n - e) / n * 365 * 86400 + opening * 60) SECOND AS moment
			FROM ({places}) places JOIN (SELECT CAST(seq AS SIGNED) AS e FROM seq_1_to_{each * HOT_TIMES}) entries ON e <= n
		) made""",
		values,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabStock Balance` (name, creation, modified, owner, modified_by, sku, warehouse, on_hand, reserved,
			available, in_transit, safety_stock, entry_no, average_cost, stock_value, last_movement_at)
		SELECT LEFT(MD5(CONCAT(sku, warehouse)), 20), %(now)s, %(now)s, {STAMPS}, sku, warehouse, {ON_HAND}, {RESERVED},
			{ON_HAND} - {RESERVED}, 0, 0, e, cost, {ON_HAND} * cost, %(now)s
		FROM (SELECT places.*, n AS e FROM ({places}) places) places""",
		values,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabStock Reservation` (name, creation, modified, owner, modified_by, sku, warehouse, status, purpose,
			qty, per_set, holder, reserved_at, expires_at)
		SELECT LEFT(MD5(CONCAT(sku, warehouse, 'r')), 20), %(now)s, %(now)s, {STAMPS}, sku, warehouse, 'Open', 'Hold',
			{RESERVED}, 1, 'bench', %(now)s, '2099-01-01'
		FROM (SELECT places.*, n AS e FROM ({places}) places) places WHERE {RESERVED} > 0""",
		values,
	)


def _make_orders(count: int) -> None:
	"""Open orders of two lines that wait for stock."""
	values = {"now": now_datetime(), "skus": cint(frappe.db.count("SKU", {"name": ["like", "BENCH-S-%"]}))}
	frappe.db.sql(
		f"""INSERT INTO `tabOrder` (name, creation, modified, owner, modified_by, status, platform_order_no, ordered_at)
		SELECT CONCAT('BSO-', LPAD(seq, 9, '0')), %(now)s, %(now)s, {STAMPS}, ELT(1 + MOD(seq, 3), 'To Review', 'On Hold',
			'Backorder'), CONCAT('BSO', seq), %(now)s FROM seq_1_to_{count}""",
		values,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabOrder Item` (name, creation, modified, owner, modified_by, idx, parent, parenttype, parentfield,
			sku, qty, reserved_qty, shipped_qty)
		SELECT LEFT(MD5(CONCAT(orders.seq, 'b', line.seq)), 16), %(now)s, %(now)s, {STAMPS}, line.seq,
			CONCAT('BSO-', LPAD(orders.seq, 9, '0')), 'Order', 'items',
			CONCAT('BENCH-S-', LPAD(1 + MOD(orders.seq * line.seq * 31, %(skus)s), 5, '0')), 2, 0, 0
		FROM seq_1_to_{count} orders JOIN seq_1_to_2 line""",
		values,
	)
