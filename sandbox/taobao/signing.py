"""Taobao's signatures as the gateway computes them. Source: platforms.md 2.2, 2.9."""

from __future__ import annotations

import hashlib
import hmac

METHODS = ("md5", "hmac", "hmac-sha256")


def make_sign(secret: str, params: dict[str, str], method: str, with_empty: bool = False) -> str:
	"""Upper-case hex over every parameter but `sign`. Raises KeyError for another method.

	Vendors' clients differ in whether a parameter with an empty value is part of it: `with_empty` keeps it in.
	"""
	base = "".join(
		name + params[name]
		for name in sorted(params, key=str.encode)
		if name and name != "sign" and (params[name] or with_empty)
	)
	if method == "md5":
		return hashlib.md5((secret + base + secret).encode()).hexdigest().upper()
	digest = {"hmac": "md5", "hmac-sha256": "sha256"}[method]
	return hmac.new(secret.encode(), base.encode(), digest).hexdigest().upper()


def is_signed(secret: str, params: dict[str, str]) -> bool:
	"""Whether `sign` fits in one of the readings."""
	given, method = params["sign"].encode(), params["sign_method"]
	return hmac.compare_digest(make_sign(secret, params, method).encode(), given) or (
		"" in params.values()
		and hmac.compare_digest(make_sign(secret, params, method, with_empty=True).encode(), given)
	)


def make_socket_sign(secret: str, app_key: str, group_name: str, stamp: str) -> str:
	"""What the connect frame of the message socket has to bear."""
	base = f"{secret}app_key{app_key}group_name{group_name}timestamp{stamp}{secret}"
	return hashlib.md5(base.encode()).hexdigest().upper()
