"""Endpoints of stopped parcels on the floor: where they stand, and that they were found."""

import frappe

from storegroup_oms.api.parcels import require_parcels
from storegroup_oms.fulfilment.floor import putting_aside
from storegroup_oms.permissions import require_permission
from storegroup_oms.transactions import repeat_request

MOST = 500


@frappe.whitelist(methods=["GET"])
def get_stopped() -> list[dict]:
	"""Stopped parcels on the floor that the user sees, as `putting_aside.describe_places` has them."""
	require_permission("Shipment")
	names = frappe.get_list(
		"Shipment",
		filters={"status": ["in", putting_aside.ON_THE_FLOOR], "stop_reasons": ["is", "set"]},
		pluck="name",
		order_by="name asc",
		limit=MOST,
	)
	return putting_aside.describe_places(names)


@frappe.whitelist(methods=["POST"])
def put_aside(shipments: list | str) -> list[str]:
	"""Note that stopped parcels were found; returns the names of those noted now."""
	names = require_parcels(shipments)
	return repeat_request(lambda: putting_aside.put_aside(names))
