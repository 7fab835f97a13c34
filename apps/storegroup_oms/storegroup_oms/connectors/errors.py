"""What can go wrong between us and a platform; the class alone decides what happens next. Pure.

Retryable: the call is made again later. Credential: the token is refreshed once, else the shop waits for a
new authorisation. Refused: our request or the platform's rule; a person looks. Mapping: the order goes to
quarantine. Not found: the platform doesn't have it.
"""


class ConnectorError(Exception):
	"""A call to a platform failed. `code` is the platform's own (code or code:sub_code), `message` holds no secret."""

	def __init__(self, code: str, message: str = "", request_id: str = "") -> None:
		self.code = code
		self.message = message
		self.request_id = request_id
		super().__init__(f"{code}: {message}" if message else code)


class RetryableError(ConnectorError):
	"""It may work later: time-out, broken answer, HTTP 5xx, the platform's own fault."""

	def __init__(
		self, code: str, message: str = "", request_id: str = "", retry_after_s: float | None = None
	) -> None:
		super().__init__(code, message, request_id)
		self.retry_after_s = retry_after_s


class RateLimitedError(RetryableError):
	"""Too many calls. Everybody who uses the same app key waits `retry_after_s`."""


class CredentialError(ConnectorError):
	"""The shop's authorisation is expired, revoked or unknown. `can_refresh`: a refresh token may help."""

	def __init__(self, code: str, message: str = "", request_id: str = "", can_refresh: bool = True) -> None:
		super().__init__(code, message, request_id)
		self.can_refresh = can_refresh


class RefusedError(ConnectorError):
	"""The platform understood and refused: bad argument, missing permission, wrong state. Don't repeat."""


class RemoteNotFoundError(RefusedError):
	"""The platform doesn't know the order, refund or item."""


class SignatureError(ConnectorError):
	"""An incoming message is forged, unsigned or meant for another app. Nothing of it is used."""


class MappingError(Exception):
	"""A payload that can't become one of our records.

	`path` is where it stands, like orders.order[0].num; `value` its offending value as a short text; `reason`
	a code of `connectors.reasons`.
	"""

	def __init__(self, reason: str, path: str, value: object = "") -> None:
		self.reason = reason
		self.path = path
		self.value = str(value)[:140]
		super().__init__(f"{reason} at {path}: {self.value}")
