"""Signatures of JD's open platform. Source: open.jd.com developer guide, signature page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def sign(params: Mapping[str, str], secret: str) -> str:
	"""Upper-case hex MD5 over every parameter but `sign`, texts exactly as they are sent."""
	base = "".join(name + params[name] for name in sorted(params) if name != "sign")
	return hashlib.md5(f"{secret}{base}{secret}".encode()).hexdigest().upper()
