"""Parcels as rows: read and locked by names or orders, changed in memory, written in a handful of statements.

The only reader and writer of `Shipment Order` and `Shipment Item` for those who change parcels. Never commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import frappe

from storegroup_oms.bulk import insert_rows, reserve_names, update_rows
from storegroup_oms.orders.holds import join_codes, parse_codes

SERIES = "SH-"
SERIES_DIGITS = 9
# `LIVE`: in the house. Of those, people hold a label or the goods of all but the first.
TO_PRINT = "To Print"
LIVE = (TO_PRINT, "Printed", "Picked", "Verified")
GONE = ("Shipped", "In Transit", "Out for Delivery", "Delivered", "Returned")
HEADER = (
	"status",
	"warehouse",
	"platform",
	"courier",
	"waybill_no",
	"stop_reasons",
	"keep_apart",
	"merge_key",
	"wave_no",
	"printed_count",
	"expected_weight_g",
	"order_count",
	"total_qty",
	"ship_by",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
)
DESCRIBED = ("platform", "receiver_name", "receiver_mobile", "province", "city", "district", "merge_key")
ORDER_FIELDS = ("order", "platform_order_no", "shop", "confirm_status", "stop_reasons", "order_state")
ITEM_FIELDS = ("order", "order_item", "sku", "sku_name", "qty", "verified_qty", "bin_location")
CHILD = ("parent", "parenttype", "parentfield")

# Order, its line, SKU
Piece = tuple[str, str, str]


@dataclass(eq=False)
class Parcel:
	"""One parcel: its stored header, the orders in it, the pieces of each of their lines."""

	row: frappe._dict
	orders: dict[str, frappe._dict] = field(default_factory=dict)
	pieces: dict[Piece, int] = field(default_factory=dict)
	is_new: bool = False
	before: tuple = ()

	@property
	def name(self) -> str:
		return self.row.name

	@property
	def is_open(self) -> bool:
		"""True while what is in it may change."""
		return self.row.status == TO_PRINT

	@property
	def is_shared(self) -> bool:
		"""True when pieces of more than one order are in it."""
		return len({piece[0] for piece, count in self.pieces.items() if count}) > 1

	@property
	def skus(self) -> set[str]:
		return {sku for _order, _line, sku in self.pieces}

	def remember(self) -> None:
		self.before = self._copy()

	def _copy(self) -> tuple:
		orders = {name: dict(row) for name, row in self.orders.items()}
		return dict(self.row), orders, dict(self.pieces)

	def has_other_contents(self) -> bool:
		return not self.before or (self.before[1].keys(), self.before[2]) != (self.orders.keys(), self.pieces)

	def is_changed(self) -> bool:
		return self._copy() != self.before

	def get_pieces(self, order: str) -> dict[Piece, int]:
		return {piece: count for piece, count in self.pieces.items() if piece[0] == order}

	def add(self, piece: Piece, count: int, link: Mapping) -> None:
		"""Put pieces in. `link` is the row of their order where the parcel doesn't have it yet."""
		self.orders.setdefault(piece[0], frappe._dict(link))
		self.pieces[piece] = self.pieces.get(piece, 0) + count

	def take_out(self, order: str) -> tuple[frappe._dict, dict[Piece, int]]:
		"""Remove an order; returns its row and its pieces."""
		pieces = self.get_pieces(order)
		for piece in pieces:
			del self.pieces[piece]
		return self.orders.pop(order), pieces

	def drop_empty(self) -> None:
		"""Leave out pieces of count 0, and orders without pieces while the contents may change."""
		self.pieces = {piece: count for piece, count in self.pieces.items() if count}
		kept = {order for order, _line, _sku in self.pieces}
		self.orders = {name: row for name, row in self.orders.items() if name in kept}

	def set_stops(self) -> None:
		codes = set().union(*(parse_codes(row.stop_reasons) for row in self.orders.values()))
		# What a person stopped stays stopped until a person lets it go.
		self.row.stop_reasons = join_codes(codes | (parse_codes(self.row.stop_reasons) & {"manual"}))


def make_parcel(warehouse: str, courier: str | None = None) -> Parcel:
	"""A parcel without a name, which `store` gives it."""
	row = frappe._dict(dict.fromkeys(HEADER), name="", status=TO_PRINT, warehouse=warehouse, courier=courier)
	return Parcel(row.update(printed_count=0, keep_apart=0), is_new=True)


def make_link(order: Mapping) -> frappe._dict:
	"""The row of an order for a parcel; `order` has name, platform_order_no and shop."""
	link = frappe._dict(dict.fromkeys(ORDER_FIELDS, ""))
	return link.update(order=order["name"], platform_order_no=order["platform_order_no"], shop=order["shop"])


def find_names(orders: Iterable[str], statuses: Sequence[str] = LIVE) -> list[str]:
	"""Parcels of these statuses that carry any of the orders, by name; sees what was committed just now."""
	wanted = sorted(set(orders))
	if not wanted:
		return []
	return frappe.db.sql_list(
		"""SELECT DISTINCT parcel.name FROM `tabShipment Order` link
		JOIN tabShipment parcel ON parcel.name = link.parent AND parcel.status IN %s
		WHERE link.`order` IN %s AND link.parenttype = 'Shipment' ORDER BY parcel.name LOCK IN SHARE MODE""",
		(statuses, wanted),
	)


def find_orders(parcels: Iterable[str]) -> list[str]:
	"""Orders in parcels, by name; no lock."""
	wanted = sorted(set(parcels))
	if not wanted:
		return []
	return frappe.db.sql_list(
		"SELECT DISTINCT `order` FROM `tabShipment Order` WHERE parent IN %s ORDER BY `order`", [wanted]
	)


def lock(names: Iterable[str]) -> dict[str, Parcel]:
	"""Parcels by name, locked until the transaction ends; the caller has locked what comes before them."""
	wanted = sorted(set(names))
	if not wanted:
		return {}
	fields = ", ".join(f"`{name}`" for name in HEADER)
	rows = frappe.db.sql(
		f"SELECT name, {fields} FROM tabShipment WHERE name IN %s ORDER BY name FOR UPDATE",
		[wanted],
		as_dict=True,
	)
	parcels = {row.name: Parcel(row) for row in rows}
	for link in _read_children("Shipment Order", ("name", *ORDER_FIELDS), wanted):
		if link.parent in parcels:
			parcels[link.pop("parent")].orders[link.order] = link
	for item in _read_children("Shipment Item", ("order", "order_item", "sku", "qty"), wanted):
		if item.parent in parcels:
			piece = (item.order or "", item.order_item or "", item.sku)
			pieces = parcels[item.parent].pieces
			pieces[piece] = pieces.get(piece, 0) + item.qty
	for parcel in parcels.values():
		parcel.remember()
	return parcels


def _read_children(doctype: str, fields: Sequence[str], parcels: Sequence[str]) -> list[frappe._dict]:
	# A plain read would miss what was committed since this transaction began.
	columns = ", ".join(f"`{name}`" for name in fields)
	return frappe.db.sql(
		f"""SELECT parent, {columns} FROM `tab{doctype}` WHERE parent IN %s AND parenttype = 'Shipment'
		ORDER BY parent, idx LOCK IN SHARE MODE""",
		[parcels],
		as_dict=True,
	)


def store(parcels: Iterable[Parcel], orders: Mapping[str, Mapping]) -> list[str]:
	"""Write what is new about parcels; returns the names of those written.

	Parcels that are open and have lost everything become Cancelled; their rows still tell what they last held.
	`orders` are the rows that describe parcels, by name, each with `DESCRIBED`, courier and ship_by.
	"""
	found = list(parcels)
	for parcel in found:
		_settle(parcel, orders)
	touched = [parcel for parcel in found if parcel.is_new or parcel.is_changed()]
	new = [parcel for parcel in touched if parcel.is_new and parcel.row.status != "Cancelled"]
	for name, parcel in zip(reserve_names(SERIES, SERIES_DIGITS, len(new)), new, strict=True):
		parcel.row.name = name
	old = [parcel for parcel in touched if not parcel.is_new]
	other = [parcel for parcel in new + old if parcel.row.status == TO_PRINT and parcel.has_other_contents()]
	_weigh(other)
	insert_rows("Shipment", [parcel.row for parcel in new], HEADER)
	_write_contents(other)
	_write_stops([parcel for parcel in old if parcel not in other and parcel.row.status != "Cancelled"])
	update_rows("Shipment", [parcel.row for parcel in old if parcel.is_changed()], HEADER)
	tell(new + old)
	for parcel in new + old:
		parcel.is_new = False
		parcel.remember()
	return [parcel.name for parcel in new + old]


def _settle(parcel: Parcel, orders: Mapping[str, Mapping]) -> None:
	"""Bring a header up to what is in the parcel."""
	row = parcel.row
	if row.status not in LIVE:
		return
	if parcel.is_open:
		parcel.drop_empty()
		if not parcel.orders:
			row.update(status="Cancelled", stop_reasons="")
			return
	parcel.set_stops()
	if not parcel.is_open:
		return
	known = [orders[name] for name in sorted(parcel.orders) if name in orders]
	if known:
		row.update({key: known[0].get(key) for key in DESCRIBED})
		if not row.waybill_no:
			row.courier = next((order["courier"] for order in known if order.get("courier")), row.courier)
		row.ship_by = min((order["ship_by"] for order in known if order.get("ship_by")), default=None)
	row.order_count = len(parcel.orders)
	row.total_qty = sum(parcel.pieces.values())


def _weigh(parcels: Sequence[Parcel]) -> None:
	skus = sorted({sku for parcel in parcels for sku in parcel.skus})
	if not skus:
		return
	rows = frappe.db.sql("SELECT name, weight_g FROM tabSKU WHERE name IN %s", [skus])
	weights = {name: weight or 0 for name, weight in rows}
	for parcel in parcels:
		parcel.row.expected_weight_g = sum(
			weights.get(sku, 0) * count for (_order, _line, sku), count in parcel.pieces.items()
		)


def _write_contents(parcels: Sequence[Parcel]) -> None:
	"""Replace the rows of parcels that nobody has printed."""
	if not parcels:
		return
	names = sorted(parcel.name for parcel in parcels if not parcel.is_new)
	if names:
		for doctype in ("Shipment Order", "Shipment Item"):
			frappe.db.sql(
				f"DELETE FROM `tab{doctype}` WHERE parent IN %s AND parenttype = 'Shipment'", [names]
			)
	links, items = [], []
	for parcel in parcels:
		rows = [parcel.orders[name] for name in sorted(parcel.orders)]
		links += [{**row, **_make_child(parcel, "orders", place)} for place, row in enumerate(rows, 1)]
		for place, piece in enumerate(sorted(parcel.pieces), 1):
			order, line, sku = piece
			row = {"order": order, "order_item": line, "sku": sku, "qty": parcel.pieces[piece]}
			items.append(row | {"verified_qty": 0, **_make_child(parcel, "items", place)})
	insert_rows("Shipment Order", links, (*CHILD, *ORDER_FIELDS))
	_describe_items(items, {parcel.name: parcel.row.warehouse for parcel in parcels})
	insert_rows("Shipment Item", items, (*CHILD, *ITEM_FIELDS))


def _make_child(parcel: Parcel, table: str, place: int) -> dict:
	return {
		"name": frappe.generate_hash(length=12),
		"parent": parcel.name,
		"parenttype": "Shipment",
		"parentfield": table,
		"idx": place,
	}


def _describe_items(items: Sequence[dict], warehouses: Mapping[str, str]) -> None:
	"""Names of SKUs, and the bins that they lie in."""
	skus = sorted({item["sku"] for item in items})
	if not skus:
		return
	names = dict(frappe.db.sql("SELECT name, sku_name FROM tabSKU WHERE name IN %s", [skus]))
	rows = frappe.db.sql(
		"""SELECT sku, warehouse, bin_location FROM `tabStock Balance`
		WHERE sku IN %s AND warehouse IN %s AND IFNULL(bin_location, '') != ''""",
		(skus, sorted(set(warehouses.values()))),
	)
	bins = {(sku, warehouse): place for sku, warehouse, place in rows}
	for item in items:
		item["sku_name"] = names.get(item["sku"])
		item["bin_location"] = bins.get((item["sku"], warehouses[item["parent"]]))


def _write_stops(parcels: Iterable[Parcel]) -> None:
	rows = [
		row
		for parcel in parcels
		for name, row in parcel.orders.items()
		if parcel.before[1].get(name) not in (None, row)
	]
	update_rows("Shipment Order", rows, ("stop_reasons", "order_state"))


def tell(parcels: Sequence[Parcel]) -> None:
	"""Tell hooks and open lists of parcels that are new or have changed.

	Functions named by the hook `shipment_change_sinks` get {name, from_status (None: a new one), to_status} of
	those whose status is another one, in this transaction.
	"""
	if not parcels:
		return
	changes = [
		{
			"name": parcel.name,
			"from_status": parcel.before[0]["status"] if parcel.before else None,
			"to_status": parcel.row.status,
		}
		for parcel in parcels
	]
	if moved := [change for change in changes if change["from_status"] != change["to_status"]]:
		for sink in frappe.get_hooks("shipment_change_sinks"):
			frappe.get_attr(sink)(moved)
	# Frappe's own event names one record; one is enough for a list to read itself anew.
	message = {"doctype": "Shipment", "name": parcels[-1].name, "user": frappe.session.user}
	frappe.publish_realtime("list_update", message, doctype="Shipment", after_commit=True)
