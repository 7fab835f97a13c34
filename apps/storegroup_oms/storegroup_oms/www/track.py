"""The buyers' page: where is my parcel. Needs no log-in and knows nothing until it is asked."""

from frappe import _

from storegroup_oms.couriers.tracking.buyers_page import get_language

no_cache = 1


def get_context(context) -> None:
	"""Words of the page, in the site's language."""
	lang = get_language()
	context.no_cache = 1
	context.lang = lang
	context.words = {
		"title": _("Where Is My Parcel", lang),
		"number": _("Order or waybill number", lang),
		"digits": _("Last 4 digits of the phone", lang),
		"search": _("Search", lang),
		"nothing": _("Nothing found. Please check the number and the digits.", lang),
		"too_many": _("Too many questions. Please try again later.", lang),
		"failed": _("It did not work. Please try again.", lang),
		"expected": _("Expected", lang),
		"delivered": _("Delivered", lang),
		"hotline": _("Hotline", lang),
		"no_events": _("The courier has reported nothing yet.", lang),
		"until": _("to", lang),
	}
