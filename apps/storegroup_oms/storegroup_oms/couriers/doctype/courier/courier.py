"""A courier company and what each platform and tracking service calls it."""

import re

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from storegroup_oms.exceptions import InvalidValueError


class Courier(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.couriers.doctype.courier_surcharge.courier_surcharge import CourierSurcharge

		cainiao_code: DF.Data | None
		courier_name: DF.Data
		douyin_code: DF.Data | None
		hotline: DF.Data | None
		is_active: DF.Check
		jd_code: DF.Data | None
		jd_label_code: DF.Data | None
		kdniao_code: DF.Data | None
		kuaidi100_code: DF.Data | None
		max_weight_g: DF.Int
		pdd_logistics_id: DF.Data | None
		pdd_wp_code: DF.Data | None
		priority: DF.Int
		surcharges: DF.Table[CourierSurcharge]
		volumetric_divisor: DF.Int
		waybill_pattern: DF.Data | None
		website: DF.Data | None

	# end: auto-generated types

	def validate(self) -> None:
		self.check_waybill_pattern()
		self.check_surcharges()

	def check_surcharges(self) -> None:
		"""A surcharge doesn't end before it begins."""
		for row in self.surcharges:
			if row.from_day and row.to_day and getdate(row.to_day) < getdate(row.from_day):
				frappe.throw(
					_("Row {0}: the surcharge ends before it begins.").format(row.idx),
					exc=InvalidValueError,
					title=_("Wrong Dates"),
				)

	def check_waybill_pattern(self) -> None:
		"""The pattern is a regular expression."""
		try:
			re.compile(self.waybill_pattern or "")
		except re.error as error:
			frappe.throw(
				_("The waybill pattern of {0} cannot be read: {1}").format(self.courier_name, error),
				exc=InvalidValueError,
				title=_("Wrong Pattern"),
			)
