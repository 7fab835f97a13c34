"""Pinduoduo's signatures: of a call and of the message socket's address. Source: the vendor's signing page."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping


def write_value(value: object) -> str:
	"""The text of a parameter as it is sent and signed: true, 12, JSON of an object or list."""
	if isinstance(value, str):
		return value
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sign(params: Mapping[str, str], secret: str) -> str:
	"""Upper hex MD5 over every parameter as it is sent, but `sign`; a parameter may not be empty."""
	pairs = "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign")
	return hashlib.md5(f"{secret}{pairs}{secret}".encode()).hexdigest().upper()


def make_socket_digest(client_id: str, milliseconds: int, secret: str) -> str:
	"""The last part of the socket's path, not yet percent-encoded: Base64 of the lower hex MD5."""
	inner = hashlib.md5(f"{client_id}{milliseconds}{secret}".encode()).hexdigest()
	return base64.b64encode(inner.encode()).decode()
