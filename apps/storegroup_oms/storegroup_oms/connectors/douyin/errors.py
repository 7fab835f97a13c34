"""What Douyin's error codes mean for us. Source: the vendor's Go SDK."""

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

SUCCESS = 10000
RATE_LIMITED = 60000
# Service unavailable, time-out of a service, and "other", of which nothing is known but that it is theirs.
RETRYABLE = frozenset((20000, 20001, 90000))
REFRESHABLE = frozenset(
	(
		"isv.access-token-expired",
		"isv.access-token-no-existed",
		"isv.access-token-invalid",
		"isv.access-token-missing",
	)
)
UNAUTHORISED = frozenset(("dop.authorization-no-existed", "dop.authorization-closed"))
# UNCONFIRMED: business failures are numbered without a public table; their words say what is not there.
NOT_FOUND_WORDS = ("不存在", "not exist", "not found")


def make_error(answer: Mapping[str, object]) -> ConnectorError:
	"""The error for an answer that is no success; its code is `code:sub_code`."""
	number = str(answer.get("code", answer.get("err_no", "")))
	sub_code = str(answer.get("sub_code") or "")
	code = f"{number}:{sub_code}" if sub_code else number
	message = str(answer.get("sub_msg") or answer.get("msg") or "")
	log_id = str(answer.get("log_id") or "")
	value = int(number) if number.isdecimal() else 0
	if sub_code in REFRESHABLE:
		return CredentialError(code, message, log_id)
	if sub_code in UNAUTHORISED:
		return CredentialError(code, message, log_id, can_refresh=False)
	if value == RATE_LIMITED:
		return RateLimitedError(code, message, log_id)
	if value in RETRYABLE:
		return RetryableError(code, message, log_id)
	if value == 50002 and any(word in message.lower() for word in NOT_FOUND_WORDS):
		return RemoteNotFoundError(code, message, log_id)
	return RefusedError(code, message, log_id)
