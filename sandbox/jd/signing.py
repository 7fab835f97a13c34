"""JD's signature: MD5 over the sorted parameters, wrapped by the app secret. Source: platforms.md 3.2 and 9."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def make_sign(secret: str, params: Mapping[str, str]) -> str:
	"""Upper hex signature of every parameter but `sign`, as decoded texts; `360buy_param_json` counts as sent."""
	base = "".join(name + params[name] for name in sorted(params) if name != "sign")
	return hashlib.md5(f"{secret}{base}{secret}".encode()).hexdigest().upper()
