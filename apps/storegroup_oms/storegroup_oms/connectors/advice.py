"""What a failed call means for a person, and what to do about it."""

from frappe import _

from storegroup_oms.connectors.errors import (
	ConnectorError,
	CredentialError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
	SignatureError,
)


def describe(error: ConnectorError) -> str:
	"""One or two sentences in the user's language: what happened and what to do, with the platform's code."""
	code = f"[{error.code}] {error.message}".strip()
	if isinstance(error, CredentialError):
		return _("The platform doesn't accept this shop's access. Authorise the shop again. {0}").format(code)
	if isinstance(error, RateLimitedError):
		return _("The platform asks for fewer calls. It goes on by itself after a while. {0}").format(code)
	if isinstance(error, RetryableError):
		return _("The platform could not be reached or had a fault. It is tried again by itself. {0}").format(
			code
		)
	if isinstance(error, RemoteNotFoundError):
		return _("The platform doesn't know this number. Check the number and the shop. {0}").format(code)
	if isinstance(error, SignatureError):
		return _("The signature is wrong. Check the app key and the app secret. {0}").format(code)
	return _(
		"The platform refused the request. Check the app key, its secret and its permissions. {0}"
	).format(code)


def describe_stock(error: ConnectorError) -> str:
	"""The same for a stock figure that a platform didn't take."""
	code = f"[{error.code}] {error.message}".strip()
	if isinstance(error, RefusedError):
		return _(
			"The platform refused this stock figure. See in its back office whether the item is still there and may be"
			" changed; read the listings again, then push. {0}"
		).format(code)
	return describe(error)


def describe_confirmation(error: ConnectorError) -> str:
	"""The same for a shipment that a platform doesn't take as confirmed."""
	code = f"[{error.code}] {error.message}".strip()
	if error.code == "courier_code":
		return _(
			"The courier has no code for this platform. Enter it at the courier, then tell the platform again. {0}"
		).format(code)
	if error.code == "earlier_parcel":
		return _("An earlier parcel of this order must be confirmed first; it goes on by itself.")
	if isinstance(error, RefusedError):
		return _(
			"The platform refused the confirmation. See whether the order is refunded or was shipped in its back office;"
			" correct the courier or the number, then tell it again. {0}"
		).format(code)
	return describe(error)
