"""Signatures of Taobao's open platform. Source: developer.alibaba.com, the call protocol."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping


def sign(params: Mapping[str, str], secret: str, method: str = "hmac-sha256") -> str:
	"""Upper-case hex over every parameter but `sign`; `method` is md5, hmac or hmac-sha256.

	Empty values are left out; never send one, since the vendor's own tools disagree about them.
	"""
	pairs = sorted((name, value) for name, value in params.items() if name != "sign" and name and value)
	base = "".join(name + value for name, value in pairs)
	if method == "md5":
		digest = hashlib.md5(f"{secret}{base}{secret}".encode()).hexdigest()
	elif method in ("hmac", "hmac-sha256"):
		algorithm = "md5" if method == "hmac" else "sha256"
		digest = hmac.new(secret.encode(), base.encode(), algorithm).hexdigest()
	else:
		raise ValueError(f"unknown sign_method {method}")
	return digest.upper()


def sign_connection(app_key: str, group_name: str, timestamp_ms: str, secret: str) -> str:
	"""The signature of a connection to the message service."""
	base = f"{secret}app_key{app_key}group_name{group_name}timestamp{timestamp_ms}{secret}"
	return hashlib.md5(base.encode()).hexdigest().upper()
