"""Douyin's signatures: of a call and of a pushed message. Source: platforms.md 5.2, 5.9 and 9."""

from __future__ import annotations

import hashlib
import hmac


def make_sign(
	secret: str, app_key: str, method: str, param_json: str, timestamp: str, v: str, sign_method: str
) -> str:
	"""Lower hex signature: HMAC-SHA256 for `hmac-sha256`, MD5 for `md5` and for an absent (empty) method.

	`param_json` is the text as it was sent. The access token and the sign method are not signed.
	"""
	base = f"{secret}app_key{app_key}method{method}param_json{param_json}timestamp{timestamp}v{v}{secret}".encode()
	if sign_method == "hmac-sha256":
		return hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
	return hashlib.md5(base).hexdigest()


def make_event_sign(app_key: str, body: bytes, secret: str) -> str:
	"""Lower hex MD5 for the header `event-sign` of a pushed body."""
	return hashlib.md5(app_key.encode() + body + secret.encode()).hexdigest()
