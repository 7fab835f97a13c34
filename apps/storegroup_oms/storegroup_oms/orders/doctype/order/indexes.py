"""The order table's indexes: what the desk's lists, counts and searches stand on.

Chosen by measuring at a million orders (docs/performance.md). Frappe's text columns are 562 bytes of an index
entry's 3,072, so five of them fit.
"""

import frappe

INDEXES = (
	("status", "ordered_at"),
	("shop", "status", "ordered_at"),
	# The columns after the second only spare counts the look into the row.
	("status", "ship_by", "shop", "customer_kind", "province", "platform"),
	("shop", "ordered_at", "tags"),
	("warehouse", "status", "ordered_at", "shop"),
	("province", "status", "ordered_at", "shop"),
	# Of two indexes in the wanted order MariaDB takes the one with fewer columns. This one has four, so that it
	# is left to lists without a status: the newest orders are the open ones, and it would read all of them
	# before the first completed one.
	("ordered_at", "shop", "tags", "total_amount"),
	# Which orders the review has not looked at.
	("is_checked", "status"),
	("_user_tags(64)",),
)
REVERSED_NUMBER = "platform_order_no_reversed"
# Each is the beginning of one above.
REPLACED = ("status_ship_by_index", "shop_ordered_at_index", "warehouse_status_index")


def ensure_indexes() -> None:
	"""Add the indexes that are missing and drop those that wider ones replaced. Commits. Idempotent."""
	frappe.db.add_unique("Order", ["shop", "platform_order_no"], constraint_name="unique_shop_order_no")
	for columns in INDEXES:
		frappe.db.add_index("Order", list(columns))
	_ensure_reversed_number()
	for name in REPLACED:
		if frappe.db.has_index("tabOrder", name):
			frappe.db.sql_ddl(f"ALTER TABLE `tabOrder` DROP INDEX `{name}`")


def _ensure_reversed_number() -> None:
	"""A computed column: the platform's number backwards, to find an order by its last digits.

	It takes no room in the row and is never written; Frappe doesn't know it and leaves it alone.
	"""
	if frappe.db.has_index("tabOrder", f"{REVERSED_NUMBER}_index"):
		return
	frappe.db.sql_ddl(
		f"ALTER TABLE `tabOrder` ADD COLUMN IF NOT EXISTS `{REVERSED_NUMBER}` varchar(140)"
		" GENERATED ALWAYS AS (REVERSE(`platform_order_no`)) VIRTUAL,"
		f" ADD INDEX `{REVERSED_NUMBER}_index` (`{REVERSED_NUMBER}`)"
	)
