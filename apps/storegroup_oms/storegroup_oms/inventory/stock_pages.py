"""What the stock page shows, a page of rows at a time: matrix, movements, age, value, slow movers. Reads only.

Every function takes filters, a start and a length and answers with `rows`, the `count` of all (up to a limit, see ADR
0014) and what its view needs besides. Rows are those of the warehouses that the session's user may see; money is
there for who reads level 1 only. Callers ask for the right on the DocType.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import add_days, add_to_date, cint, flt, now_datetime, nowdate

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.inventory import demand
from storegroup_oms.inventory.figures import AGE_FIELDS
from storegroup_oms.permissions import get_scope_condition

COUNT_LIMIT = 1001
LONGEST_PAGE = 1_000
# Past so many rows nobody leafs; the filters lead there.
LAST_START = 100_000
EXPIRES_SOON_DAYS = 30
NUMBERS = ("on_hand", "reserved", "blocked", "available", "in_transit")
FILTERS = (
	*("text", "category", "sku", "warehouse", "order_by"),
	*("kind", "from_time", "to_time", "source", "days"),
)
Filters = Mapping[str, object]


@dataclass(frozen=True)
class Page:
	"""Which rows of an ordered result are wanted."""

	start: int
	length: int

	@classmethod
	def make(cls, start: object, length: object) -> "Page":
		"""From what a caller sent. Raises InvalidValueError for what can't be shown."""
		page = cls(cint(start), cint(length))
		if not (0 <= page.start <= LAST_START and 0 < page.length <= LONGEST_PAGE):
			frappe.throw(
				_("A page begins at row 0 to {0} and has 1 to {1} rows. Narrow the filters.").format(
					LAST_START, LONGEST_PAGE
				),
				exc=InvalidValueError,
				title=_("No Such Page"),
			)
		return page


def keep_filters(sent: str | Mapping[str, object] | None) -> dict[str, str]:
	"""The filters that a caller may set, as texts; empty ones are left out."""
	given = frappe.parse_json(sent or "{}")
	return {name: str(given[name]) for name in FILTERS if given.get(name)}


@dataclass
class Conditions:
	"""SQL conditions and the values that they bind."""

	texts: list[str]
	values: dict[str, object]

	def add(self, text: str, **values: object) -> None:
		self.texts.append(text)
		self.values |= values

	def __str__(self) -> str:
		return " AND ".join(self.texts) or "1 = 1"


def _scope(doctype: str) -> Conditions:
	condition = get_scope_condition(doctype)
	# Its values are escaped, and would be taken for marks where others are bound; so something always is.
	return Conditions([condition.replace("%", "%%")] if condition else [], {"count_limit": COUNT_LIMIT})


def _add_goods(conditions: Conditions, filters: Filters) -> None:
	"""Conditions on `goods`, the SKU: text (code or barcode by its beginning, name anywhere), category, one SKU."""
	if text := str(filters.get("text") or "").strip():
		conditions.add(
			"(goods.name LIKE %(begins)s OR goods.barcode LIKE %(begins)s OR goods.sku_name LIKE %(contains)s)",
			begins=f"{text}%",
			contains=f"%{text}%",
		)
	if filters.get("category"):
		conditions.add("goods.category = %(category)s", category=str(filters["category"]))
	if filters.get("sku"):
		conditions.add("goods.name = %(sku)s", sku=str(filters["sku"]))


def _add_warehouse(conditions: Conditions, doctype: str, filters: Filters) -> None:
	if filters.get("warehouse"):
		conditions.add(f"`tab{doctype}`.warehouse = %(warehouse)s", warehouse=str(filters["warehouse"]))


def _join_goods(conditions: Conditions, doctype: str) -> str:
	"""The join with the SKU where conditions ask for it; over all goods it would be a look at each of them."""
	return f"JOIN `tabSKU` goods ON goods.name = `tab{doctype}`.sku" if "goods." in str(conditions) else ""


def _count(query: str, values: Mapping[str, object]) -> int:
	return frappe.db.sql(f"SELECT COUNT(*) FROM ({query} LIMIT %(count_limit)s) found", values)[0][0]


def _page_of(page: Page) -> str:
	return f" LIMIT {page.length} OFFSET {page.start}"


# Matrix

ORDERS = {
	"sku": "`tabStock Balance`.sku",
	"available": "SUM(`tabStock Balance`.available), `tabStock Balance`.sku",
	"on_hand": "SUM(`tabStock Balance`.on_hand) DESC, `tabStock Balance`.sku",
}


def get_matrix(filters: Filters, page: Page) -> dict:
	"""SKUs with their stock in each warehouse, in total, and what can still be promised.

	A row: sku, sku_name, specification, category, `places` {warehouse: numbers}, `total` (numbers), waiting (pieces
	that open orders lack), promise (available less waiting plus in transit), value and average cost at level 1.
	`warehouses` are the columns. Filters: text, category, sku, warehouse, order_by (sku, available, on_hand).
	"""
	conditions = _scope("Stock Balance")
	_add_goods(conditions, filters)
	_add_warehouse(conditions, "Stock Balance", filters)
	order = ORDERS.get(str(filters.get("order_by") or "sku"), ORDERS["sku"])
	found = f"""SELECT `tabStock Balance`.sku FROM `tabStock Balance`
		{_join_goods(conditions, "Stock Balance")} WHERE {conditions} GROUP BY `tabStock Balance`.sku"""
	names = frappe.db.sql(f"{found} ORDER BY {order}{_page_of(page)}", conditions.values, pluck=True)
	rows = _read_goods(names)
	_fill_places(rows, conditions)
	waiting = demand.get_waiting()
	return {
		"rows": [_sum_up(rows[name], waiting.get(name, 0)) for name in names if name in rows],
		"count": _count(found, conditions.values),
		"warehouses": sorted({warehouse for row in rows.values() for warehouse in row.places}),
	}


def _read_goods(names: Sequence[str]) -> dict[str, frappe._dict]:
	rows = frappe.get_all(
		"SKU",
		filters={"name": ["in", names or [""]]},
		fields=["name as sku", "sku_name", "specification", "category", "alert_level"],
		order_by="name asc",
	)
	return {row.sku: frappe._dict(row, places={}, value=0) for row in rows}


def _fill_places(rows: dict[str, frappe._dict], conditions: Conditions) -> None:
	shows_value = "stock_value" not in get_hidden_fields("Stock Balance")
	balances = frappe.db.sql(
		f"""SELECT `tabStock Balance`.sku, `tabStock Balance`.warehouse, {", ".join(NUMBERS)}, stock_value
		FROM `tabStock Balance` JOIN `tabSKU` goods ON goods.name = `tabStock Balance`.sku
		WHERE `tabStock Balance`.sku IN %(names)s AND {conditions}""",
		{**conditions.values, "names": list(rows) or [""]},
		as_dict=True,
	)
	for balance in balances:
		row = rows[balance.sku]
		row.places[balance.warehouse] = {number: cint(balance[number]) for number in NUMBERS}
		if shows_value:
			row.value += flt(balance.stock_value, 2)
	if not shows_value:
		for row in rows.values():
			del row["value"]


def _sum_up(row: frappe._dict, waiting: int) -> frappe._dict:
	row.total = {number: sum(place[number] for place in row.places.values()) for number in NUMBERS}
	row.waiting = waiting
	row.promise = row.total["available"] - row.waiting + row.total["in_transit"]
	return row


# Movements

MOVEMENT_FIELDS = (
	*("name", "sku", "warehouse", "movement_type", "posted_at", "entry_no"),
	*("qty_change", "reserved_change", "in_transit_change", "blocked_change"),
	*("on_hand_after", "reserved_after", "in_transit_after", "blocked_after"),
	*("source_doctype", "source_name", "reason", "posted_by", "reversal_of", "unit_cost", "value_change"),
)


def get_movements(filters: Filters, page: Page) -> dict:
	"""Rows of the ledger, latest first, with the numbers after each; money at level 1.

	Filters: sku, warehouse, kind, from_time, to_time, source (name of the document), `text` for the SKU, and for
	programs `after`, the posted_at and name of the row to go on after; then without a count.
	"""
	conditions = make_movement_conditions(filters)
	table = "`tabStock Ledger`"
	if filters.get("text") and not filters.get("sku"):
		table += f" JOIN `tabSKU` goods ON goods.name = {table}.sku"
	hidden = get_hidden_fields("Stock Ledger")
	fields = ", ".join(f"`tabStock Ledger`.`{field}`" for field in MOVEMENT_FIELDS if field not in hidden)
	found = f"SELECT `tabStock Ledger`.name FROM {table} WHERE {conditions}"
	order = "ORDER BY `tabStock Ledger`.posted_at DESC, `tabStock Ledger`.name DESC"
	# The page is cut out of an index: one SKU can have thousands of rows, and whole ones are far apart.
	rows = frappe.db.sql(
		f"""SELECT {fields} FROM ({found} {order}{_page_of(page)}) page
		JOIN `tabStock Ledger` ON `tabStock Ledger`.name = page.name {order}""",
		conditions.values,
		as_dict=True,
	)
	if filters.get("after"):
		return {"rows": rows}
	return {"rows": rows, "count": _count(found, conditions.values)}


def make_movement_conditions(filters: Filters) -> Conditions:
	"""The conditions of `get_movements`."""
	conditions = _scope("Stock Ledger")
	for field, column in (
		("sku", "sku"),
		("warehouse", "warehouse"),
		("kind", "movement_type"),
		("source", "source_name"),
	):
		if filters.get(field):
			conditions.add(f"`tabStock Ledger`.{column} = %({field})s", **{field: str(filters[field])})
	if filters.get("from_time"):
		conditions.add("`tabStock Ledger`.posted_at >= %(from_time)s", from_time=str(filters["from_time"]))
	if filters.get("to_time"):
		# A day alone means all of it.
		end = str(filters["to_time"])
		conditions.add(
			"`tabStock Ledger`.posted_at <= %(to_time)s",
			to_time=f"{end} 23:59:59.999999" if len(end) == 10 else end,
		)
	if not filters.get("sku"):
		_add_goods(conditions, {"text": filters.get("text")})
	if filters.get("after"):
		moment, name = filters["after"]
		conditions.add(
			"`tabStock Ledger`.posted_at <= %(moment)s"
			" AND (`tabStock Ledger`.posted_at < %(moment)s OR `tabStock Ledger`.name < %(name)s)",
			moment=moment,
			name=name,
		)
	return conditions


# Age, value, slow movers


def _make_figures(filters: Filters) -> Conditions:
	"""Conditions on figures of places that have pieces."""
	conditions = _scope("Stock Figure")
	_add_goods(conditions, filters)
	_add_warehouse(conditions, "Stock Figure", filters)
	conditions.add("`tabStock Figure`.oldest_at IS NOT NULL")
	return conditions


def _read_figures(fields: str, conditions: Conditions, order: str, page: Page, now: object = None) -> list:
	"""A page of figures with what is in stock now; the page is cut out of an index before anything is joined to it."""
	return frappe.db.sql(
		f"""SELECT figure.sku, goods.sku_name, figure.warehouse, balance.on_hand, {fields} FROM (
			SELECT `tabStock Figure`.name FROM `tabStock Figure` {_join_goods(conditions, "Stock Figure")}
			WHERE {conditions} ORDER BY {order}, `tabStock Figure`.name{_page_of(page)}
		) page
		JOIN `tabStock Figure` figure ON figure.name = page.name
		JOIN `tabSKU` goods ON goods.name = figure.sku
		JOIN `tabStock Balance` balance ON balance.sku = figure.sku AND balance.warehouse = figure.warehouse
		ORDER BY {order}, figure.name""",
		{**conditions.values, "now": now},
		as_dict=True,
	)


def get_ages(filters: Filters, page: Page) -> dict:
	"""Pieces by age (first in, first out), those longest in stock first; `totals` are the pieces of all rows.

	A row: sku, sku_name, warehouse, on_hand, oldest_at and the age groups. Filters: text, category, sku, warehouse.
	"""
	conditions = _make_figures(filters)
	rows = _read_figures(", ".join(("oldest_at", *AGE_FIELDS)), conditions, "oldest_at", page)
	sums = ", ".join(f"SUM({field}) AS {field}" for field in AGE_FIELDS)
	goods = _join_goods(conditions, "Stock Figure")
	(totals,) = frappe.db.sql(
		f"SELECT COUNT(*) AS places, {sums} FROM `tabStock Figure` {goods} WHERE {conditions}",
		conditions.values,
		as_dict=True,
	)
	return {
		"rows": rows,
		"count": totals.pop("places"),
		"totals": {field: cint(totals[field]) for field in AGE_FIELDS},
	}


def get_values(filters: Filters, page: Page) -> dict:
	"""Value per warehouse and category, with how often a year it turns over; for who reads level 1.

	A row: warehouse, category, skus, on_hand, value, sold_cost_90, turnover (cost of 90 days' sales as of a year over
	the value now; None without value). `totals` over all. Stock is as of now, sales are as of the last reckoning of
	figures. Filters: text, category, sku, warehouse. Raises frappe.PermissionError.
	"""
	if "stock_value" in get_hidden_fields("Stock Balance"):
		frappe.throw(
			_("You may not read the value of stock."), exc=frappe.PermissionError, title=_("Not Permitted")
		)
	conditions = _scope("Stock Balance")
	_add_goods(conditions, filters)
	_add_warehouse(conditions, "Stock Balance", filters)
	rows = _read_values(filters, conditions)
	for row in rows:
		row.turnover = get_turnover(row.sold_cost_90, row.value)
	totals = {field: sum(flt(row[field]) for row in rows) for field in ("on_hand", "value", "sold_cost_90")}
	totals["turnover"] = get_turnover(totals["sold_cost_90"], totals["value"])
	return {"rows": rows[page.start : page.start + page.length], "count": len(rows), "totals": totals}


def _read_values(filters: Filters, conditions: Conditions) -> list[frappe._dict]:
	"""The rows of `get_values` without their turnover, most valuable first."""
	if filters.get("text") or filters.get("sku"):
		join = """LEFT JOIN `tabStock Figure` figure
			ON figure.sku = `tabStock Balance`.sku AND figure.warehouse = `tabStock Balance`.warehouse"""
		sold_of_each, sold = ", SUM(IFNULL(figure.sold_cost_90, 0)) AS sold_cost_90", ""
	else:
		# Over all goods the figure of each place would cost more than everything else: sales are added up out of an
		# index, by the category that figures keep.
		join, sold_of_each = "", ""
		sold = """, (SELECT IFNULL(SUM(figure.sold_cost_90), 0) FROM `tabStock Figure` figure
			WHERE figure.warehouse = places.warehouse AND figure.category = places.category) AS sold_cost_90"""
	return frappe.db.sql(
		f"""SELECT places.*{sold} FROM (
			SELECT `tabStock Balance`.warehouse, IFNULL(goods.category, '') AS category, COUNT(*) AS skus,
				SUM(on_hand) AS on_hand, SUM(stock_value) AS value{sold_of_each}
			FROM `tabStock Balance` JOIN `tabSKU` goods ON goods.name = `tabStock Balance`.sku {join}
			WHERE {conditions} GROUP BY `tabStock Balance`.warehouse, IFNULL(goods.category, '')
		) places ORDER BY value DESC, warehouse, category""",
		conditions.values,
		as_dict=True,
	)


def get_turnover(sold_cost_90: float, value: float) -> float | None:
	"""How often a year stock of a value is sold, by the cost of 90 days' sales; one place. None without value."""
	return round(flt(sold_cost_90) * 365 / 90 / flt(value), 1) if flt(value) > 0 else None


def get_slow_movers(filters: Filters, page: Page) -> dict:
	"""Places with pieces of which none was sold or came in for `days` (default 90): the never sold ones, then the longest.

	A row: sku, sku_name, warehouse, on_hand, available, last_sold_at, last_received_at, sold_90, days (without a
	sale, since the last receipt where there was none), value at level 1. Filters: days, text, category, sku, warehouse.
	"""
	conditions = _make_figures(filters)
	conditions.add(
		"(last_sold_at IS NULL OR last_sold_at < %(before)s) AND last_received_at < %(before)s",
		before=add_to_date(now_datetime(), days=-(cint(filters.get("days")) or 90)),
	)
	value = "" if "stock_value" in get_hidden_fields("Stock Balance") else ", balance.stock_value AS value"
	fields = f"""balance.available, last_sold_at, last_received_at, sold_90,
		DATEDIFF(%(now)s, IFNULL(last_sold_at, last_received_at)) AS days{value}"""
	found = f"SELECT `tabStock Figure`.name FROM `tabStock Figure` {_join_goods(conditions, 'Stock Figure')}"
	return {
		"rows": _read_figures(fields, conditions, "last_sold_at, last_received_at", page, now_datetime()),
		"count": _count(f"{found} WHERE {conditions}", conditions.values),
	}


def get_batches(filters: Filters, page: Page) -> dict:
	"""Batches on the shelf, the first to expire first.

	A row: sku, sku_name, warehouse, batch_no, expires_on, days_left (below 0 once expired), on_hand, state (Expired,
	Not for Sale for one too close to it, Expires Soon, Good). Filters: text, category, sku, warehouse.
	"""
	conditions = _scope("Stock Batch Balance")
	_add_goods(conditions, filters)
	_add_warehouse(conditions, "Stock Batch Balance", filters)
	conditions.add("`tabStock Batch Balance`.on_hand > 0")
	found = f"""FROM `tabStock Batch` batch
		JOIN `tabStock Batch Balance` ON `tabStock Batch Balance`.batch = batch.name
		JOIN `tabSKU` goods ON goods.name = batch.sku WHERE {conditions}"""
	rows = frappe.db.sql(
		f"""SELECT batch.sku, goods.sku_name, `tabStock Batch Balance`.warehouse, batch.batch_no, batch.expires_on,
			DATEDIFF(batch.expires_on, %(today)s) AS days_left, `tabStock Batch Balance`.on_hand,
			CASE WHEN batch.expires_on < %(today)s THEN 'Expired' WHEN batch.is_blocked = 1 THEN 'Not for Sale'
				WHEN batch.expires_on <= %(soon)s THEN 'Expires Soon' ELSE 'Good' END AS state
		{found} ORDER BY batch.expires_on, batch.name, `tabStock Batch Balance`.name{_page_of(page)}""",
		{**conditions.values, "today": nowdate(), "soon": add_days(nowdate(), EXPIRES_SOON_DAYS)},
		as_dict=True,
	)
	return {"rows": rows, "count": _count(f"SELECT batch.name {found}", conditions.values)}


Read = Callable[[Filters, Page], dict]
# View: what it reads from, and how.
VIEWS: dict[str, tuple[str, Read]] = {
	"matrix": ("Stock Balance", get_matrix),
	"movements": ("Stock Ledger", get_movements),
	"ages": ("Stock Figure", get_ages),
	"values": ("Stock Balance", get_values),
	"slow": ("Stock Figure", get_slow_movers),
	"batches": ("Stock Batch Balance", get_batches),
}
