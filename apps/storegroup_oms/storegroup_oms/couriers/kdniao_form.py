"""The form in which every call to KDNiao goes, and its signature. Pure. Source: the vendor's document and three SDKs."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any


def sign(data: str, key: str) -> str:
	"""`DataSign` over the exact text: Base64 of the 32 lower-case hex digits of an MD5, not of its bytes."""
	return base64.b64encode(hashlib.md5((data + key).encode()).hexdigest().encode()).decode()


def make_form(request_type: str, data: Mapping[str, Any], business_id: str, key: str) -> dict[str, str]:
	"""The fields of a signed call. `business_id` is the EBusinessID, `key` the AppKey."""
	text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
	return {
		"RequestData": text,
		"EBusinessID": business_id,
		"RequestType": request_type,
		"DataSign": sign(text, key),
		"DataType": "2",
	}
