"""Pinduoduo's signatures: of a call and of the message socket's address. Source: platforms.md 4.2, 4.11, 9."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping


def make_sign(secret: str, params: Mapping[str, object]) -> str:
	"""Upper hex MD5 of the sorted parameters but `sign`, wrapped by the secret; values as `to_signed_text` has it."""
	base = "".join(name + to_signed_text(params[name]) for name in sorted(params) if name != "sign")
	return hashlib.md5(f"{secret}{base}{secret}".encode()).hexdigest().upper()


def to_signed_text(value: object) -> str:
	"""The text that is signed: form values as they are; members of a JSON body as their own JSON text."""
	if isinstance(value, str):
		return value
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def make_socket_digest(client_id: str, milliseconds: str, secret: str) -> str:
	"""Base64 of the lower hex MD5 that stands last in the message socket's path (percent-encoded there)."""
	inner = hashlib.md5(f"{client_id}{milliseconds}{secret}".encode()).hexdigest()
	return base64.b64encode(inner.encode()).decode()
