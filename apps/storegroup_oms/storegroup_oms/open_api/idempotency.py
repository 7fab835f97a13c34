"""The same request again gets the same answer: one row per user, operation and Idempotency-Key.

The row is inserted in the transaction of the work itself. A second request with the same key waits at the unique
name until the first has committed, then finds the answer; when the first was rolled back, it does the work.

Source: IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
import json
import secrets
from collections.abc import Callable

import frappe
from frappe import _

from storegroup_oms.bulk import insert_rows
from storegroup_oms.exceptions import ApiRequestError
from storegroup_oms.orders.receivers import hash_text
from storegroup_oms.transactions import run_in_transaction

HEADER = "Idempotency-Key"
MAX_KEY = 140
FIELDS = ("user", "operation", "idempotency_key", "request_hash", "attempt_token")


def answer_once(operation: str, arguments: dict, work: Callable[[], dict]) -> dict:
	"""Do the work, or give the answer that the same request got before; commits.

	Without the header the work is simply done. A refusal (an exception) is not kept: the key stays free.
	Raises ApiRequestError when the key was used with other arguments, or is unusable.
	"""
	key = get_key()
	if not key:
		return run_in_transaction(work)
	# Keyed, since it covers personal data.
	request_hash = hash_text("api request", json.dumps(arguments, sort_keys=True, default=str))
	return run_in_transaction(lambda: _work_or_replay(operation, key, request_hash, work))


def get_key() -> str:
	"""The request's key; empty without one. Raises ApiRequestError for one that can't be kept."""
	key = (frappe.get_request_header(HEADER) or "").strip()
	if len(key) > MAX_KEY or not key.isprintable():
		raise ApiRequestError(
			_("The Idempotency-Key has at most {0} printable characters.").format(MAX_KEY),
			code="idempotency_key_invalid",
		)
	return key


def _work_or_replay(operation: str, key: str, request_hash: str, work: Callable[[], dict]) -> dict:
	user = frappe.session.user
	name = hashlib.sha256(json.dumps([user, operation, key]).encode()).hexdigest()[:40]
	token = secrets.token_hex(8)
	values = (user, operation, key, request_hash, token)
	# Waits here while another connection works on the same key; a stored row stays as it is.
	insert_rows("API Request", [{"name": name, **dict(zip(FIELDS, values, strict=True))}], FIELDS, ())
	row = frappe.db.get_value(
		"API Request", name, ["request_hash", "attempt_token", "answer"], as_dict=True, for_update=True
	)
	if row.attempt_token == token:
		answer = work()
		frappe.db.set_value("API Request", name, "answer", json.dumps(answer), update_modified=False)
		return answer
	if row.request_hash != request_hash:
		raise ApiRequestError(
			_("The Idempotency-Key {0} was used for another request. Take a new key.").format(key),
			code="idempotency_key_reused",
		)
	return json.loads(row.answer)
