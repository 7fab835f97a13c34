"""Keyed hashes of texts that must be comparable and must not be readable. Never stores or logs a text."""

import hmac

from frappe.utils.password import get_encryption_key


def hash_text(kind: str, text: str) -> str:
	"""Hash of a text keyed by the site's secret and by what it is; 64 hex digits, empty for empty."""
	if not text:
		return ""
	key = f"storegroup_oms:{kind}:{get_encryption_key()}".encode()
	return hmac.digest(key, text.encode(), "sha256").hex()


def make_row_name(*parts: str) -> str:
	"""A document name that is the same for the same parts: 20 hex digits, keyed like `hash_text`."""
	return hash_text("row", "\x1f".join(parts))[:20]
