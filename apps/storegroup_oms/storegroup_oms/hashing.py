"""Hashes of texts: keyed where what was hashed must not be guessed, plain for names of rows. Stores and logs nothing."""

import hashlib
import hmac

from frappe.utils.password import get_encryption_key


def hash_text(kind: str, text: str) -> str:
	"""Hash of a text keyed by the site's secret and by what it is; 64 hex digits, empty for empty."""
	if not text:
		return ""
	key = f"storegroup_oms:{kind}:{get_encryption_key()}".encode()
	return hmac.digest(key, text.encode(), "sha256").hex()


def make_row_name(*parts: str) -> str:
	"""A document name that is the same for the same parts: 20 hex digits. Not for parts that must stay secret."""
	return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
