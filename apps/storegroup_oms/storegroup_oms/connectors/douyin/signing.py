"""Douyin's signatures: of a call and of a pushed message. Source: the vendor's Go SDK."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping


def write_params(params: Mapping[str, object]) -> str:
	"""The body of a call: keys sorted at every level, compact, UTF-8 as it is; {} for none."""
	return json.dumps(params, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sign(app_key: str, secret: str, method: str, param_json: str, timestamp: str) -> str:
	"""Lower hex HMAC-SHA256 for `sign_method=hmac-sha256`. The access token is not signed."""
	text = f"{secret}app_key{app_key}method{method}param_json{param_json}timestamp{timestamp}v2{secret}"
	return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def make_event_sign(app_key: str, body: bytes, secret: str) -> str:
	"""What the header `event-sign` of a pushed message must hold: lower hex MD5 over the raw body."""
	return hashlib.md5(app_key.encode() + body + secret.encode()).hexdigest()
