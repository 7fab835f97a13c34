"""What a check has found, in words, in the reader's language."""

from collections.abc import Callable, Mapping

from frappe import _

from storegroup_oms.orders.holds import HOLD_REASONS

Details = Mapping[str, object]


def explain(code: str, details: Details | None = None) -> str:
	"""One sentence about a hold: what was seen where `details` tell it, else what the code means."""
	text = EXPLANATIONS[code](details) if details and code in EXPLANATIONS else ""
	meaning = HOLD_REASONS.get(code, "")
	return text or (_(meaning) if meaning else code)


def _incomplete(details: Details) -> str:
	parts = {
		"province": _("The address has no province."),
		"city": _("The address has no city."),
		"district": _("The address has no district."),
		"address": _("There is no street and number."),
		"street": _("Street and number are too short to be delivered to."),
		"name": _("The receiver's name is missing."),
	}
	return parts.get(str(details.get("part")), "")


def _unknown(details: Details) -> str:
	if details.get("part") == "province":
		return _("{0} is no province of China.").format(details.get("name"))
	return _("{0} does not belong to {1}.").format(details.get("name"), details.get("within"))


def _phone(details: Details) -> str:
	if details.get("fault") == "none":
		return _("There is no phone number.")
	if details.get("fault") == "digits":
		return _("The phone number has {0} digits; a mobile number has 11.").format(details.get("digits"))
	return _("No mobile number begins with {0}.").format(details.get("start"))


def _price(details: Details) -> str:
	line, price = details.get("line"), details.get("price")
	if "floor" in details:
		return _("{0} is sold at {1}, below its lowest price {2}.").format(line, price, details["floor"])
	return _("{0} is sold at {1}, its listing says {2}; more than {3} % apart.").format(
		line, price, details.get("listed"), details.get("percent")
	)


def _money(details: Details) -> str:
	texts = {
		"total": _("Goods less discount plus freight are {0}, the total is {1}."),
		"lines": _("The lines and the freight add up to {0}, the total is {1}."),
		"paid": _("The buyer paid {0}, the total is {1}."),
	}
	return texts.get(str(details.get("sum")), "").format(details.get("found"), details.get("wanted"))


def _memo(details: Details) -> str:
	texts = {
		"buyer": _("The buyer wrote a message."),
		"seller": _("The seller wrote a memo."),
		"both": _("The buyer wrote a message, the seller a memo."),
	}
	return texts.get(str(details.get("who")), "")


EXPLANATIONS: Mapping[str, Callable[[Details], str]] = {
	"address_incomplete": _incomplete,
	"address_unknown": _unknown,
	"phone_invalid": _phone,
	"quantity_unusual": lambda details: _("{0}: {1} pieces; the check allows 1 to {2}.").format(
		details.get("line"), details.get("qty"), details.get("limit")
	),
	"price_mismatch": _price,
	"amount_mismatch": _money,
	"duplicate_suspected": lambda details: _("The same goods were ordered a short time before: {0}").format(
		", ".join(details.get("orders") or ())
	),
	"buyer_blocked": lambda details: _("The buyer is blocked: {0}").format(details.get("reason") or "-"),
	"region_remote": lambda details: _("{0} is on the list of remote regions.").format(details.get("region")),
	"memo_present": _memo,
	"ship_later": lambda details: _("It is to be sent on {0}.").format(details.get("day")),
	"balance_unpaid": lambda details: (
		_("{0} of the presale are not paid yet.").format(details["owed"]) if details.get("owed") else ""
	),
}
