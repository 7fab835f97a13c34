"""The open API's own description, for programs."""

import frappe
from werkzeug.wrappers import Response

from storegroup_oms.open_api import document
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["GET"])
def get_document() -> Response:
	"""The OpenAPI 3.1 document as plain JSON, for those who read orders."""
	require_permission("Order")
	return Response(document.dump(), content_type="application/json; charset=utf-8")
