"""What a shipping label shows, and where it lies on the paper; read by `printing.pages`."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from storegroup_oms.exceptions import InvalidValueError

FARTHEST_MM = 20
MOST_LINES = 4


class LabelLayout(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		free_text: DF.SmallText | None
		is_default: DF.Check
		layout_name: DF.Data
		logo: DF.AttachImage | None
		offset_x_mm: DF.Float
		offset_y_mm: DF.Float
		shows_item_codes: DF.Check
		shows_items: DF.Check
		shows_order_no: DF.Check
		shows_pick_place: DF.Check
		shows_print_count: DF.Check
		shows_qr: DF.Check
		shows_sender: DF.Check
		size: DF.Literal["76x130", "100x180"]

	# end: auto-generated types

	def validate(self) -> None:
		for fieldname in ("offset_x_mm", "offset_y_mm"):
			if abs(flt(self.get(fieldname))) > FARTHEST_MM:
				self.refuse(
					_("{0} may be at most {1} mm to either side.").format(
						_(self.meta.get_label(fieldname)), FARTHEST_MM
					)
				)
		if len((self.free_text or "").splitlines()) > MOST_LINES:
			self.refuse(_("The text at the foot may have {0} lines at most.").format(MOST_LINES))

	def on_update(self) -> None:
		"""At most one is the default."""
		if self.is_default:
			others = {"is_default": 1, "name": ["!=", self.name]}
			frappe.db.set_value("Label Layout", others, "is_default", 0)

	def refuse(self, message: str) -> None:
		frappe.throw(message, exc=InvalidValueError, title=_("Label Layout"))
