"""What stands on the pages of a print batch: parcels read set-based, given to the renderers. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import cint, flt, now_datetime

from storegroup_oms.couriers.waybills import accounts
from storegroup_oms.couriers.waybills.base import Party
from storegroup_oms.couriers.waybills.facts import Parcel, read_parcels
from storegroup_oms.fulfilment.floor.walk import sort_by_walk
from storegroup_oms.fulfilment.printing import documents
from storegroup_oms.fulfilment.printing.documents import (
	Contact,
	Item,
	Label,
	Layout,
	Manifest,
	ManifestLine,
	PackingSlip,
	Pdf,
	PickLine,
	PickList,
)
from storegroup_oms.fulfilment.printing.labels import render_labels
from storegroup_oms.fulfilment.printing.lists import (
	render_manifests,
	render_packing_slips,
	render_pick_lists,
)

CHECKS = (
	"shows_sender",
	"shows_items",
	"shows_item_codes",
	"shows_order_no",
	"shows_qr",
	"shows_pick_place",
	"shows_print_count",
)
# A pick list names the baskets of so many parcels; of more, the list of goods alone is read faster.
MOST_BASKETS = 24
ROUTING = ("live_key", "account", "routing_code", "big_pen", "centre_name", "centre_code")


@dataclass(frozen=True)
class Document:
	"""A finished file. `remarks` tell by parcel what to look at on its page."""

	content: bytes = b""
	pages: int = 0
	remarks: dict[str, str] = field(default_factory=dict)


@dataclass
class Facts:
	"""Parcels in page order with what is printed of them. `places` are their numbers in the batch, from 1."""

	parcels: list[Parcel]
	places: dict[str, int]
	items: dict[str, list[Item]]
	waybills: dict[str, frappe._dict]
	couriers: dict[str, str]
	shops: dict[str, str]
	book: accounts.Book

	def get_sender(self, parcel: Parcel) -> Contact:
		account = self.book.accounts.get((self.waybills.get(parcel.name) or {}).get("account"))
		return _make_contact(self.book.find_sender(account, parcel.row.warehouse))

	def get_shops(self, parcel: Parcel) -> str:
		return "、".join(sorted({self.shops.get(order.shop) or order.shop for order in parcel.orders}))

	def get_courier(self, parcel: Parcel) -> str:
		return self.couriers.get(parcel.row.courier) or parcel.row.courier or ""


def render_all(batch: frappe._dict, rows: Sequence[frappe._dict]) -> tuple[Document, dict[str, str]]:
	"""The file of a batch's printed rows (idx, shipment, print_no), and why those that broke it are not in it.

	`batch` has name, kind and layout. A batch without rows has no pages.
	"""
	if not rows:
		return Document(), {}
	facts = read_facts({row.shipment: cint(row.idx) for row in rows})
	counts = {row.shipment: cint(row.print_no) for row in rows}
	broken: dict[str, str] = {}
	try:
		pdf = _render(batch, facts, counts)
	except Exception:
		broken = _find_broken(batch, facts, counts)
		if not broken:
			raise
		facts.parcels = [parcel for parcel in facts.parcels if parcel.name not in broken]
		pdf = _render(batch, facts, counts)
	return _make_document(pdf, facts), broken


def _find_broken(batch: frappe._dict, facts: Facts, counts: dict[str, int]) -> dict[str, str]:
	"""Parcels that can't be drawn even alone."""
	broken = {}
	everything = facts.parcels
	for parcel in everything:
		facts.parcels = [parcel]
		try:
			_render(batch, facts, counts)
		except Exception:
			frappe.log_error(title=f"Page of parcel {parcel.name}")
			broken[parcel.name] = _("Its page could not be drawn. See the Error Log.")
	facts.parcels = everything
	return broken


def _render(batch: frappe._dict, facts: Facts, counts: dict[str, int]) -> Pdf:
	if batch.kind == "Labels":
		labels = [make_label(facts, parcel, counts[parcel.name]) for parcel in facts.parcels]
		return render_labels(labels, read_layout(batch.layout))
	if batch.kind == "Packing Slips":
		slips = [make_slip(facts, parcel) for parcel in facts.parcels]
		return render_packing_slips(slips, read_layout(batch.layout))
	if batch.kind == "Pick List":
		return render_pick_lists(make_pick_lists(facts, batch.name))
	return render_manifests(make_manifests(facts, batch.name))


def _make_document(pdf: Pdf, facts: Facts) -> Document:
	pages = pdf.pages if facts.parcels else 0
	remarks: dict[str, list[str]] = defaultdict(list)
	for problem in pdf.problems:
		text = describe_problem(problem)
		if text not in remarks[problem.parcel]:
			remarks[problem.parcel].append(text)
	return Document(
		pdf.content if pages else b"", pages, {name: " ".join(texts) for name, texts in remarks.items()}
	)


def describe_problem(problem: documents.Problem) -> str:
	"""What a person has to know of a problem on a page."""
	texts: dict[str, Callable[[], str]] = {
		documents.NO_WAYBILL: lambda: _("It has no waybill number."),
		documents.BARCODE_UNREADABLE: lambda: _("Its number {0} can't be printed as a barcode."),
		documents.MISSING_GLYPH: lambda: _(
			"The printer's font lacks {0}. A box stands in its place: write it in by hand."
		),
		documents.TEXT_CUT: lambda: _("Too long for the paper: {0}"),
		documents.NARROW_BARCODE: lambda: _("The barcode is very narrow. Try whether the scanner reads it."),
		documents.LOGO_UNREADABLE: lambda: _("The logo can't be read. Use a PNG or JPEG of at most 2 MB."),
	}
	text = texts.get(problem.code, lambda: problem.code)()
	return text.format(problem.detail) if "{0}" in text else text


# Reading


def find_default_layout() -> str | None:
	"""The Label Layout that is taken where nobody chooses one: the default, else the oldest."""
	found = frappe.get_all(
		"Label Layout", pluck="name", order_by="is_default desc, creation asc, name asc", limit=1
	)
	return found[0] if found else None


def read_layout(name: str | None) -> Layout:
	"""A Label Layout as the renderers take it; without one, or where it is gone, the plain one."""
	row = frappe.db.get_value("Label Layout", name, "*", as_dict=True) if name else None
	if not row:
		return Layout()
	return Layout(
		size=row.size,
		offset_x_mm=flt(row.offset_x_mm),
		offset_y_mm=flt(row.offset_y_mm),
		free_text=row.free_text or "",
		logo=_read_file(row.logo),
		**{name: bool(row.get(name)) for name in CHECKS},
	)


def _read_file(address: str | None) -> bytes:
	"""The content of a stored file; an address elsewhere, or a file that is gone, gives what no reader takes for a logo."""
	if not address:
		return b""
	name = frappe.db.get_value("File", {"file_url": address}, "name", order_by="creation desc")
	try:
		content = frappe.get_doc("File", name).get_content() if name else ""
	except OSError:
		content = ""
	return content if isinstance(content, bytes) and content else b"?"


def read_facts(places: dict[str, int]) -> Facts:
	"""What is printed of parcels, in the order of their places. Parcels that are gone are left out."""
	names = sorted(places, key=places.__getitem__)
	rows = frappe.db.sql(
		"""SELECT name, status, warehouse, courier, waybill_no, stop_reasons, weight_g, expected_weight_g, total_qty,
		sorting_code, wave_no, parcel_note, province, city, district FROM tabShipment WHERE name IN %s""",
		[names],
		as_dict=True,
	)
	found = read_parcels(rows)
	waybills = frappe.get_all(
		"Waybill", filters={"live_key": ["in", names]}, fields=list(ROUTING), order_by="name asc"
	)
	shops = {order.shop for parcel in found.values() for order in parcel.orders}
	return Facts(
		[found[name] for name in names if name in found],
		places,
		_read_items(names),
		{row.live_key: row for row in waybills},
		_read_titles("Courier", "courier_name", {row.courier for row in rows}),
		_read_titles("Shop", "shop_name", shops),
		accounts.Book(),
	)


def _read_titles(doctype: str, title: str, names: set[str]) -> dict[str, str]:
	wanted = sorted(name for name in names if name)
	rows = frappe.get_all(
		doctype, filters={"name": ["in", wanted or [""]]}, fields=["name", title], order_by="name asc"
	)
	return {row.name: row[title] for row in rows}


def _read_items(names: Sequence[str]) -> dict[str, list[Item]]:
	items: dict[str, list[Item]] = defaultdict(list)
	for row in frappe.db.sql(
		"""SELECT item.parent, COALESCE(NULLIF(item.sku_name, ''), sku.sku_name, item.sku) AS sku_name,
		sku.specification, COALESCE(NULLIF(sku.sku_code, ''), item.sku) AS code, MAX(item.bin_location) AS bin,
		SUM(item.qty) AS qty
		FROM `tabShipment Item` item LEFT JOIN tabSKU sku ON sku.name = item.sku
		WHERE item.parent IN %s AND item.parenttype = 'Shipment' AND item.qty > 0
		GROUP BY item.parent, item.sku ORDER BY item.parent, MIN(item.idx)""",
		[list(names)],
		as_dict=True,
	):
		name = " ".join(part for part in (row.sku_name, row.specification) if part)
		items[row.parent].append(Item(name, cint(row.qty), row.code or "", row.bin or ""))
	return items


def _make_contact(party: Party | None) -> Contact:
	if party is None:
		return Contact()
	region = " ".join(part for part in (party.province, party.city, party.district, party.town) if part)
	return Contact(party.name, party.mobile, region, party.address)


# Making pages


def make_label(facts: Facts, parcel: Parcel, print_count: int) -> Label:
	waybill = facts.waybills.get(parcel.name) or frappe._dict()
	return Label(
		parcel=parcel.name,
		waybill_no=parcel.row.waybill_no or "",
		courier=facts.get_courier(parcel),
		sorting_code=waybill.routing_code or parcel.row.sorting_code or waybill.big_pen or "",
		receiver=_make_contact(parcel.make_receiver()) if parcel.orders else Contact(),
		sender=facts.get_sender(parcel),
		items=facts.items.get(parcel.name, ()),
		order_nos=parcel.order_nos,
		shop=facts.get_shops(parcel),
		consolidation=waybill.centre_name or waybill.centre_code or "",
		pick_place=_make_place(facts, parcel),
		note=parcel.row.parcel_note or "",
		print_count=print_count,
	)


def _make_place(facts: Facts, parcel: Parcel) -> str:
	number = f"#{facts.places[parcel.name]}"
	return f"{parcel.row.wave_no} {number}" if parcel.row.wave_no else number


def make_slip(facts: Facts, parcel: Parcel) -> PackingSlip:
	return PackingSlip(
		parcel=parcel.name,
		order_nos=parcel.order_nos,
		shop=facts.get_shops(parcel),
		receiver=_make_contact(parcel.make_receiver()) if parcel.orders else Contact(),
		items=facts.items.get(parcel.name, ()),
		waybill_no=parcel.row.waybill_no or "",
		note=parcel.row.parcel_note or "",
	)


def make_pick_lists(facts: Facts, number: str) -> Iterable[PickList]:
	"""One list for each warehouse, its goods in the order of the shortest walk."""
	by_warehouse: dict[str, list[Parcel]] = defaultdict(list)
	for parcel in facts.parcels:
		by_warehouse[parcel.row.warehouse or ""].append(parcel)
	for place, (warehouse, parcels) in enumerate(sorted(by_warehouse.items()), 1):
		goods: dict[tuple[str, str, str], list[tuple[str, int]]] = defaultdict(list)
		for parcel in parcels:
			for item in facts.items.get(parcel.name, ()):
				goods[item.bin, item.code, item.name].append((f"#{facts.places[parcel.name]}", item.qty))
		ranks = {place: rank for rank, place in enumerate(sort_by_walk(bin for bin, _code, _name in goods))}
		lines = [
			PickLine(
				Item(name, sum(qty for _basket, qty in baskets), code, bin),
				baskets if len(parcels) <= MOST_BASKETS else (),
			)
			for (bin, code, name), baskets in sorted(
				goods.items(), key=lambda pair: (ranks[pair[0][0]], pair[0])
			)
		]
		several = len(by_warehouse) > 1
		yield PickList(f"{number}-{place}" if several else number, warehouse, lines, len(parcels))


def make_manifests(facts: Facts, number: str) -> Iterable[Manifest]:
	"""One manifest for each courier and warehouse."""
	groups: dict[tuple[str, str], list[Parcel]] = defaultdict(list)
	for parcel in facts.parcels:
		groups[facts.get_courier(parcel), parcel.row.warehouse or ""].append(parcel)
	for place, ((courier, warehouse), parcels) in enumerate(sorted(groups.items()), 1):
		lines = [
			ManifestLine(
				parcel.name,
				parcel.row.waybill_no or "",
				" ".join(
					part for part in (parcel.row.province, parcel.row.city, parcel.row.district) if part
				),
				cint(parcel.row.total_qty),
				cint(parcel.row.weight_g),
			)
			for parcel in parcels
		]
		several = len(groups) > 1
		yield Manifest(f"{number}-{place}" if several else number, courier, warehouse, lines, now_datetime())
