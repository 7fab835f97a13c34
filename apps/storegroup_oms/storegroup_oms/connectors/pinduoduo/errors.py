"""What Pinduoduo's error codes mean for us. Source: the vendor's table of error codes."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import (
	ConnectorError,
	CredentialError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
)

TOKEN_EXPIRED = 10019
TOKEN_UNKNOWN = 20032
RATE_LIMITED = frozenset((52101, 70031))
# The gateway's own trouble (52001, 52002) and interfaces that are degraded for a while (52102, 52103).
RETRYABLE = frozenset((52001, 52002, 52102, 52103))
DEGRADED = frozenset((52102, 52103))
DEGRADED_WAIT_S = 2.0  # UNCONFIRMED: the platform names no time
# UNCONFIRMED: no code of its own for "not there" is documented; the words of a business error are.
NOT_FOUND_WORDS = ("不存在", "not exist", "not found")


def make_error(answer: Mapping[str, object]) -> ConnectorError:
	"""The error for the object in `error_response`; its code is `error_code:sub_code`."""
	number = str(answer.get("error_code", ""))
	sub_code = str(answer.get("sub_code") or "")
	code = f"{number}:{sub_code}" if sub_code and sub_code != number else number
	message = str(answer.get("sub_msg") or answer.get("error_msg") or "")
	request_id = str(answer.get("request_id") or "")
	value = int(number) if number.isdecimal() else 0
	if value == TOKEN_EXPIRED:
		return CredentialError(code, message, request_id)
	if value == TOKEN_UNKNOWN:
		return CredentialError(code, message, request_id, can_refresh=False)
	if value in RATE_LIMITED:
		return RateLimitedError(code, message, request_id)
	if value in RETRYABLE:
		return RetryableError(code, message, request_id, DEGRADED_WAIT_S if value in DEGRADED else None)
	if 50000 <= value <= 50002 and any(word in message.lower() for word in NOT_FOUND_WORDS):
		return RemoteNotFoundError(code, message, request_id)
	return RefusedError(code, message, request_id)
