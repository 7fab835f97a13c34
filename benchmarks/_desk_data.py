"""A year of a busy company's orders, made inside the database: the data that `desk.py` measures on.

20 shops, a buyer for three orders, 2.5 lines and three timeline rows an order, a receiver each, parcels of the
last two months, comments and change logs on some. 97 % of the orders are done. What is made carries names
that begin with BO-, BC-, BS- or BENCH, so that it can be told apart and removed.
"""

import frappe
from frappe.utils import now_datetime
from frappe.utils.password import encrypt

from storegroup_oms.bulk import insert_rows
from storegroup_oms.customers.masking import get_tail, mask_mobile, mask_name
from storegroup_oms.orders.receivers import hash_mobile
from storegroup_oms.orders.statistics import refresh_statistics
from storegroup_oms.tests.factories import PASSWORD, create_sku, create_warehouse

CHUNK = 50_000
PLATFORMS = ("Taobao",) * 10 + ("JD",) * 4 + ("Pinduoduo",) * 4 + ("Douyin",) * 2
# Orders in a hundred that each of the 20 shops sells.
WEIGHTS = (12, 9, 8, 7, 6, 5, 4, 4, 3, 2, 7, 5, 3, 2, 6, 4, 3, 2, 5, 3)
SERVICE_USERS = tuple(f"bench-service-{number:02d}@example.com" for number in range(1, 11))
SHOPS_PER_USER = 5
WAREHOUSES = 3
GIVEN_NAMES = ("小明", "丽", "建国", "秀英", "伟", "静", "敏", "磊", "洋", "艳")
FAMILY_NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
PROVINCES = (
	("广东省", "深圳市"),
	("浙江省", "杭州市"),
	("江苏省", "苏州市"),
	("山东省", "青岛市"),
	("河南省", "郑州市"),
	("四川省", "成都市"),
	("北京市", "北京市"),
	("上海市", "上海市"),
	("福建省", "厦门市"),
	("湖北省", "武汉市"),
	("湖南省", "长沙市"),
	("西藏自治区", "拉萨市"),
)
NICKS = ("tb", "jd_", "小鹿", "阳光", "lily", "果果妈", "山里来", "t_", "平安", "momo", "海边", "zz")
# Cumulative shares of the newest 3 % of orders, which the house still works on.
OPEN_SHARES = (
	(0.02, "Unpaid"),
	(0.12, "To Review"),
	(0.20, "On Hold"),
	(0.24, "Backorder"),
	(0.40, "To Print"),
	(0.56, "To Pick"),
	(0.76, "To Ship"),
	(0.78, "Partly Shipped"),
	(1.00, "Shipped"),
)
OPEN = 0.03
CLOSED = 0.09
CHILDREN = (
	("Order Item", "parent", "BO-%"),
	("Order Event", "order", "BO-%"),
	("Order Receiver", "order", "BO-%"),
	("Shipment Order", "parent", "BS-%"),
	("Customer Identity", "parent", "BC-%"),
	("Comment", "reference_name", "BO-%"),
	("Version", "docname", "BO-%"),
	("Shipment", "name", "BS-%"),
	("Order", "name", "BO-%"),
	("Customer", "name", "BC-%"),
)
# Change logs are numbered; these numbers are far from those of any real one.
VERSION_BASE = 8_000_000_000
STAMPS = "'Administrator' AS owner, 'Administrator' AS modified_by"


def ensure_data(orders: int) -> bool:
	"""Make the data unless exactly this many orders are there; True when it was made. Commits."""
	if get_size() == orders:
		return False
	remove_data()
	# One number for each use of a draw below, or every use would draw anew.
	frappe.db.sql("SET SESSION optimizer_switch = 'derived_merge=off'")
	frappe.db.sql("SET SESSION rand_seed1 = 11, rand_seed2 = 7")
	_make_masters()
	buyers = max(orders * 3 // 10, 10)
	_make_customers(buyers)
	for first in range(1, orders + 1, CHUNK):
		last = min(first + CHUNK - 1, orders)
		_make_orders(first, last, orders, buyers)
		_make_children(first, last)
		frappe.db.commit()
	_make_parcels(orders)
	refresh_statistics()
	for table in ("Order Item", "Order Event", "Order Receiver", "Customer", "Customer Identity"):
		frappe.db.sql(f"ANALYZE TABLE `tab{table}`")
	frappe.db.set_default("oms_benchmark_orders", orders)
	frappe.db.commit()
	return True


def get_size() -> int:
	"""How many orders the last complete run of `ensure_data` made; 0 when none."""
	return frappe.utils.cint(frappe.db.get_default("oms_benchmark_orders"))


def get_shops() -> list[str]:
	return [f"BENCH {number:02d}" for number in range(1, len(PLATFORMS) + 1)]


def get_service_shops(position: int) -> list[str]:
	"""The shops that one of `SERVICE_USERS` is narrowed to."""
	shops = get_shops()
	return [shops[(position * 2 + step * 4) % len(shops)] for step in range(SHOPS_PER_USER)]


def remove_data() -> None:
	"""Delete everything that `ensure_data` made. Commits."""
	frappe.db.rollback()
	for doctype, column, pattern in CHILDREN:
		frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE `{column}` LIKE %s", pattern)
	for doctype in ("Shop", "Warehouse", "SKU"):
		frappe.db.delete(doctype, {"name": ["like", "BENCH %"]})
	for user in SERVICE_USERS:
		frappe.db.delete("User Permission", {"user": user})
		if frappe.db.exists("User", user):
			frappe.delete_doc("User", user, force=True)
	frappe.defaults.clear_default("oms_benchmark_orders")
	frappe.db.commit()


# Masters


def _make_masters() -> None:
	for number in range(1, WAREHOUSES + 1):
		create_warehouse(warehouse_name=f"BENCH W{number}")
	for number in range(1, 51):
		create_sku(f"BENCH SKU {number:02d}")
	for number, (name, platform) in enumerate(zip(get_shops(), PLATFORMS, strict=True), 1):
		shop = {
			"doctype": "Shop",
			"shop_name": name,
			"platform": platform,
			"platform_shop_id": f"bench-{number}",
		}
		frappe.get_doc(shop).insert()
	for position, user in enumerate(SERVICE_USERS):
		frappe.get_doc(
			{
				"doctype": "User",
				"email": user,
				"first_name": f"Bench {position + 1}",
				"send_welcome_email": 0,
				"new_password": PASSWORD,
				"roles": [{"role": "OMS Customer Service"}],
			}
		).insert()
		for shop in get_service_shops(position):
			values = {"doctype": "User Permission", "user": user, "allow": "Shop", "for_value": shop}
			frappe.get_doc(values).insert()
	frappe.db.commit()


def get_mobile(buyer: int) -> str:
	"""The phone number of a buyer, 1-based; no two are the same."""
	return f"1{(3, 5, 7, 8)[buyer % 4]}{(buyer * 7_919_003) % 10**9:09d}"


def get_nick(buyer: int) -> str:
	"""The nick of a buyer, 1-based."""
	return f"{NICKS[buyer % len(NICKS)]}{buyer * 7919 % 10_000_019:x}"


def _make_customers(count: int) -> None:
	customers, identities = [], []
	for number in range(1, count + 1):
		mobile = get_mobile(number)
		person = FAMILY_NAMES[number % len(FAMILY_NAMES)] + GIVEN_NAMES[number % len(GIVEN_NAMES)]
		name = f"BC-{number:09d}"
		province, city = PROVINCES[int((number * 0.618 % 1) ** 2 * len(PROVINCES))]
		customers.append(
			{
				"name": name,
				"customer_name": mask_name(person),
				"mobile_masked": mask_mobile(mobile),
				"mobile_hash": hash_mobile(mobile),
				"province": province,
				"city": city,
			}
		)
		identities.append(
			{
				"name": f"bc{number:09d}",
				"idx": 1,
				"parent": name,
				"parenttype": "Customer",
				"parentfield": "identities",
				"platform": PLATFORMS[number % len(PLATFORMS)],
				"platform_user_id": f"bench-{number}",
				"nick": get_nick(number),
			}
		)
	insert_rows("Customer", customers, list(customers[0])[1:])
	insert_rows("Customer Identity", identities, list(identities[0])[2:])
	frappe.db.commit()


# Orders


def _choose(draw: str, shares: tuple[tuple[float, str], ...]) -> str:
	cases = " ".join(f"WHEN {draw} < {share} THEN '{value}'" for share, value in shares)
	return f"CASE {cases} END"


def _choose_shop(draw: str) -> str:
	shares, total = [], 0
	for name, weight in zip(get_shops(), WEIGHTS, strict=True):
		total += weight
		shares.append((total / sum(WEIGHTS), name))
	return _choose(draw, tuple(shares))


# How each column of an order follows from its number, its draws and what was chosen with them.
FIELDS = {
	"name": "CONCAT('BO-', LPAD(seq, 9, '0'))",
	"creation": "ordered_at",
	"modified": "ordered_at",
	"owner": "'Administrator'",
	"modified_by": "'Administrator'",
	"docstatus": "0",
	"idx": "0",
	"shop": "sold_in",
	"platform": "bench_shop.platform",
	"platform_order_no": (
		"CASE bench_shop.platform WHEN 'JD' THEN CAST(280000000000 + seq * 10007 AS CHAR)"
		" WHEN 'Pinduoduo' THEN CONCAT(DATE_FORMAT(ordered_at, '%%y%%m%%d'), '-', LPAD(seq * 1000003, 15, '3'))"
		" ELSE CAST(2100000000000000000 + seq * 1000003 AS CHAR) END"
	),
	"order_type": "'Normal'",
	"status": "state",
	"review_state": "NULL",
	"platform_status": "IF(state = 'Completed', 'TRADE_FINISHED', 'WAIT_SELLER_SEND_GOODS')",
	"source": "IF(bench_shop.platform = 'JD', 'Pull', 'Push')",
	"ordered_at": "ordered_at",
	"paid_at": "IF(state = 'Unpaid', NULL, ordered_at + INTERVAL 2 MINUTE)",
	"ship_by": "ordered_at + INTERVAL 48 HOUR",
	"platform_modified_at": "ordered_at + INTERVAL 3 DAY",
	"first_seen_at": "ordered_at + INTERVAL 3 SECOND",
	"hold_reasons": "IF(state = 'On Hold', ELT(1 + FLOOR(d * 3), 'buyer_message', 'unmatched_sku', 'address_incomplete'), '')",
	"stop_reasons": "''",
	"tags": "CASE WHEN e < 0.04 THEN 'vip' WHEN e < 0.06 THEN 'fragile' WHEN e < 0.065 THEN 'gift,vip' ELSE '' END",
	"buyer_nick": "bench_identity.nick",
	"platform_buyer_id": "bench_identity.platform_user_id",
	"customer": "bench_customer.name",
	"customer_kind": "IF(d < 0.35, 'New Customer', 'Repeat Customer')",
	"receiver_name": "bench_customer.customer_name",
	"receiver_mobile": "bench_customer.mobile_masked",
	"province": "bench_customer.province",
	"city": "bench_customer.city",
	"district": "'西湖区'",
	"address": "'文三路***'",
	"item_count": "2 + MOD(seq, 2)",
	"total_qty": "3",
	"sku_summary": "'BENCH SKU 01×1, BENCH SKU 02×2'",
	"goods_amount": "ROUND(20 + f * 280, 2)",
	"total_amount": "ROUND(20 + f * 280, 2)",
	"paid_amount": "IF(state = 'Unpaid', 0, ROUND(20 + f * 280, 2))",
	"warehouse": f"IF(state IN ('Unpaid', 'To Review', 'On Hold'), NULL, CONCAT('BENCH W', 1 + MOD(seq, {WAREHOUSES})))",
	"waybill_no": (
		"IF(state IN ('Shipped', 'Completed', 'Partly Shipped'),"
		" CONCAT(ELT(1 + MOD(seq, 3), 'SF', 'YT', 'JT'), 1000000000000 + seq * 999983), NULL)"
	),
	"shipped_at": "IF(state IN ('Shipped', 'Completed'), ordered_at + INTERVAL 1 DAY, NULL)",
	"completed_at": "IF(state = 'Completed', ordered_at + INTERVAL 7 DAY, NULL)",
}


def _make_orders(first: int, last: int, orders: int, buyers: int) -> None:
	"""Insert the orders first … last (1-based, oldest first)."""
	span = f"(({orders} - seq) / {orders} * 365 * 86400)"
	drawn = (
		f"SELECT seq, RAND() a, RAND() b, RAND() c, RAND() d, RAND() e, RAND() f FROM seq_{first}_to_{last}"
	)
	chosen = f"""SELECT draws.*,
		%(now)s - INTERVAL ROUND({span} + a * 600) SECOND AS ordered_at,
		{_choose_shop("b")} AS sold_in,
		CASE WHEN seq > {orders} * (1 - {OPEN}) THEN {_choose("c", OPEN_SHARES)}
			WHEN c < {CLOSED} THEN 'Closed' ELSE 'Completed' END AS state,
		1 + FLOOR(POW(f, 1.5) * {buyers}) AS buyer
		FROM ({drawn}) draws"""
	frappe.db.sql(
		f"INSERT INTO `tabOrder` ({', '.join(f'`{field}`' for field in FIELDS)})"
		f" SELECT {', '.join(FIELDS.values())} FROM ({chosen}) chosen"
		" JOIN `tabShop` bench_shop ON bench_shop.name = chosen.sold_in"
		" JOIN `tabCustomer` bench_customer ON bench_customer.name = CONCAT('BC-', LPAD(buyer, 9, '0'))"
		" JOIN `tabCustomer Identity` bench_identity ON bench_identity.name = CONCAT('bc', LPAD(buyer, 9, '0'))",
		{"now": now_datetime()},
	)


def _make_children(first: int, last: int) -> None:
	"""Lines, timeline, receivers, comments and change logs of the orders first … last."""
	bounds = {"first": f"BO-{first:09d}", "last": f"BO-{last:09d}", "payload": encrypt('{"name": "王小明"}')}
	made = "o.creation, o.creation AS modified"
	chosen = "o.name BETWEEN %(first)s AND %(last)s"
	frappe.db.sql(
		f"""INSERT INTO `tabOrder Item` (name, creation, modified, owner, modified_by, idx, parent, parenttype,
			parentfield, platform_line_no, sku, title, specification, qty, unit_price, amount)
		SELECT LEFT(MD5(CONCAT(o.name, line.seq)), 16), {made}, {STAMPS}, line.seq, o.name, 'Order', 'items',
			CONCAT(o.platform_order_no, '-', line.seq), CONCAT('BENCH SKU ', LPAD(1 + MOD(FLOOR(o.total_amount) * line.seq, 50), 2, '0')),
			'保湿乳液 50 ml', '清爽型', 1, o.total_amount / o.item_count, o.total_amount / o.item_count
		FROM `tabOrder` o JOIN seq_1_to_3 line ON line.seq <= o.item_count WHERE {chosen}""",
		bounds,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabOrder Event` (name, creation, modified, owner, modified_by, `order`, event, from_status,
			to_status, source, occurred_at)
		SELECT LEFT(MD5(CONCAT(o.name, 'e', step.seq)), 16), {made}, {STAMPS}, o.name,
			IF(step.seq = 1, 'Order created', 'Status changed'), ELT(step.seq, NULL, 'To Review', 'To Ship'),
			ELT(step.seq, 'To Review', 'To Ship', o.status), 'Platform', o.ordered_at + INTERVAL step.seq HOUR
		FROM `tabOrder` o JOIN seq_1_to_3 step WHERE {chosen}""",
		bounds,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabOrder Receiver` (name, creation, modified, owner, modified_by, `order`, shop, mobile_hash,
			mobile_tail, address_hash, payload)
		SELECT o.name, {made}, {STAMPS}, o.name, o.shop, c.mobile_hash, RIGHT(c.mobile_masked, 4),
			SHA2(CONCAT(c.name, o.city), 256), %(payload)s
		FROM `tabOrder` o JOIN `tabCustomer` c ON c.name = o.customer WHERE {chosen}""",
		bounds,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabComment` (name, creation, modified, owner, modified_by, comment_type, reference_doctype,
			reference_name, content)
		SELECT LEFT(MD5(CONCAT(o.name, 'c')), 10), {made}, {STAMPS}, 'Comment', 'Order', o.name, '已联系买家'
		FROM `tabOrder` o WHERE {chosen} AND RIGHT(o.name, 1) = '7'""",
		bounds,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabVersion` (name, creation, modified, owner, modified_by, ref_doctype, docname, data)
		SELECT {VERSION_BASE} + SUBSTRING(o.name, 4), {made}, {STAMPS}, 'Order', o.name,
			'{{"changed": [["seller_memo", "", "\\\\u52a0\\\\u6025"]]}}'
		FROM `tabOrder` o WHERE {chosen} AND RIGHT(o.name, 1) IN ('3', '7')""",
		bounds,
	)


def _make_parcels(orders: int) -> None:
	"""One parcel for each order of the last two months that has a waybill."""
	bounds = {"first": f"BO-{orders * 10 // 12:09d}"}
	chosen = "o.name >= %(first)s AND o.name LIKE 'BO-%%' AND o.waybill_no IS NOT NULL"
	frappe.db.sql(
		f"""INSERT INTO `tabShipment` (name, creation, modified, owner, modified_by, waybill_no, warehouse, status,
			shipped_at, receiver_name, receiver_mobile, province, city)
		SELECT REPLACE(o.name, 'BO-', 'BS-'), o.creation, o.creation, {STAMPS}, o.waybill_no, o.warehouse, 'Delivered',
			o.shipped_at, o.receiver_name, o.receiver_mobile, o.province, o.city
		FROM `tabOrder` o WHERE {chosen}""",
		bounds,
	)
	frappe.db.sql(
		f"""INSERT INTO `tabShipment Order` (name, creation, modified, owner, modified_by, idx, parent, parenttype,
			parentfield, `order`, platform_order_no, shop)
		SELECT LEFT(MD5(CONCAT(o.name, 's')), 10), o.creation, o.creation, {STAMPS}, 1, REPLACE(o.name, 'BO-', 'BS-'),
			'Shipment', 'orders', o.name, o.platform_order_no, o.shop
		FROM `tabOrder` o WHERE {chosen}""",
		bounds,
	)


def get_tail_of(buyer: int) -> str:
	"""The last four digits of a buyer's phone number."""
	return get_tail(get_mobile(buyer))
