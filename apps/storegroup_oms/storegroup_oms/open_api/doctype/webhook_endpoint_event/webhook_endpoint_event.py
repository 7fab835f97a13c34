"""One kind of event that an endpoint wants."""

from frappe.model.document import Document


class WebhookEndpointEvent(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		event: DF.Literal[
			"order.created",
			"order.status_changed",
			"order.changed",
			"order.noted",
			"shipment.created",
			"shipment.status_changed",
		]
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data

	# end: auto-generated types

	pass
