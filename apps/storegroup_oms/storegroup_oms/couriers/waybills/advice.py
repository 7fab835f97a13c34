"""What a waybill that could not be had means for a person, and what to do about it."""

from frappe import _

from storegroup_oms.connectors.errors import (
	ConnectorError,
	CredentialError,
	RateLimitedError,
	RetryableError,
	SignatureError,
)


def describe(error: ConnectorError, account: str) -> str:
	"""One or two sentences in the user's language, with the service's code."""
	code = f"[{error.code}] {error.message}".strip()
	if isinstance(error, CredentialError):
		return _(
			"The waybill service doesn't accept the access of {0}. Authorise its shop again or enter the key anew. {1}"
		).format(account, code)
	if isinstance(error, SignatureError):
		return _(
			"The waybill service finds the signature of {0} wrong. Check its key and secret. {1}"
		).format(account, code)
	if isinstance(error, RateLimitedError):
		return _("The waybill service asks for fewer calls. Ask again in a minute. {0}").format(code)
	if isinstance(error, RetryableError):
		return _(
			"The waybill service could not be reached or had a fault. Ask again; the parcel gets the same number. {0}"
		).format(code)
	if "余额" in error.message or "balance" in error.message.lower():
		return _("{0} has no numbers left with this courier. Buy some, then ask again. {1}").format(
			account, code
		)
	return _(
		"The waybill service refused this parcel. Check the receiver's address and phone, then ask again. {0}"
	).format(code)
