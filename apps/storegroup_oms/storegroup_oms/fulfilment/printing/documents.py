"""What is printed: labels, slips, pick lists and manifests as plain values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

# Problems a page can have. Those of REFUSING keep a parcel off the paper; the others are told and printed.
NO_WAYBILL = "no_waybill"
BARCODE_UNREADABLE = "barcode_unreadable"
MISSING_GLYPH = "missing_glyph"
TEXT_CUT = "text_cut"
NARROW_BARCODE = "narrow_barcode"
LOGO_UNREADABLE = "logo_unreadable"
REFUSING = frozenset({NO_WAYBILL, BARCODE_UNREADABLE})


@dataclass(frozen=True)
class Problem:
	"""Something that a printed page lacks. `parcel` is the parcel's name, empty for the whole file."""

	parcel: str
	code: str
	detail: str = ""


@dataclass(frozen=True)
class Pdf:
	"""A finished file. `printed` are the names of the parcels on its pages, in page order."""

	content: bytes
	pages: int
	printed: tuple[str, ...]
	problems: tuple[Problem, ...]


@dataclass(frozen=True, repr=False)
class Contact:
	"""A person or a warehouse on a label, as it shall be read there (masked or not). Its repr tells nothing."""

	name: str = ""
	phone: str = ""
	region: str = ""
	address: str = ""


@dataclass(frozen=True)
class Item:
	"""Pieces of one SKU; `bin` is where they lie, empty when unknown."""

	name: str
	qty: int
	code: str = ""
	bin: str = ""


@dataclass(frozen=True)
class Label:
	"""One parcel's shipping label. `print_count` is the number of this print, 1 for the first."""

	parcel: str
	waybill_no: str
	courier: str
	sorting_code: str
	receiver: Contact
	sender: Contact
	items: Sequence[Item] = ()
	order_nos: Sequence[str] = ()
	shop: str = ""
	consolidation: str = ""
	pick_place: str = ""
	note: str = ""
	print_count: int = 1


@dataclass(frozen=True)
class Layout:
	"""What a label shows and where it lies on the paper. `size` is one of SIZES, offsets are in mm."""

	size: str = "76x130"
	offset_x_mm: float = 0
	offset_y_mm: float = 0
	shows_sender: bool = True
	shows_items: bool = True
	shows_item_codes: bool = False
	shows_order_no: bool = True
	shows_qr: bool = True
	shows_pick_place: bool = True
	shows_print_count: bool = True
	free_text: str = ""
	logo: bytes = b""


@dataclass(frozen=True)
class PackingSlip:
	"""What lies in one parcel, for the buyer. `receiver` as it shall be read."""

	parcel: str
	order_nos: Sequence[str]
	shop: str
	receiver: Contact
	items: Sequence[Item]
	waybill_no: str = ""
	note: str = ""


@dataclass(frozen=True)
class PickLine:
	"""Pieces of one SKU to fetch from one bin, and how they fall to the baskets: (basket, pieces)."""

	item: Item
	baskets: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class PickList:
	"""One walk through a warehouse; the lines are printed in the given order."""

	number: str
	warehouse: str
	lines: Sequence[PickLine]
	parcels: int
	title: str = ""


@dataclass(frozen=True)
class ManifestLine:
	"""One parcel handed to the courier; `weight_g` is 0 when it wasn't weighed."""

	parcel: str
	waybill_no: str
	region: str
	pieces: int
	weight_g: int = 0


@dataclass(frozen=True)
class Manifest:
	"""All parcels handed to one courier at once."""

	number: str
	courier: str
	warehouse: str
	lines: Sequence[ManifestLine]
	made_at: datetime = field(default_factory=datetime.now)
