"""A courier company and what each platform and tracking service calls it."""

import re

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class Courier(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

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
		volumetric_divisor: DF.Int
		waybill_pattern: DF.Data | None
		website: DF.Data | None

	# end: auto-generated types

	def validate(self) -> None:
		self.check_waybill_pattern()

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
