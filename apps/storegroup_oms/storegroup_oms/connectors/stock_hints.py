"""Words that stock, orders or rules have changed: names in a Redis set, written after commit, read by `stock_loop`.

Nothing depends on them: `stock_changes` finds by comparison what a lost hint would have told.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

import frappe
import redis
from redis.exceptions import LockError
from redis.lock import Lock

from storegroup_oms.connectors.gate import get_redis
from storegroup_oms.connectors.wakes import wake

# A loop that was killed is missed after so long.
LOCK_LIFE_S = 15
RULE_FIELDS = (
	"stock_percentage",
	"stock_buffer",
	"stock_minimum",
	"stock_maximum",
	"stock_stopped",
	"stock_warehouses",
	"auto_buffer",
	"stock_push_enabled",
)


def note_stock(rows: Sequence[dict]) -> None:
	"""Stock of plain SKUs changes with this transaction; one of the `stock_movement_sinks`."""
	_hint_after_commit("sku", sorted({row["sku"] for row in rows}))


def note_order_events(rows: Iterable[dict]) -> None:
	"""Orders change with this transaction; a sink of the timeline."""
	_hint_after_commit("order", sorted({row["order"] for row in rows}))


def note_matched(listings: Sequence[str], codes: Sequence[str]) -> None:
	"""Listings have got a SKU; called through `oms_listings_matched`."""
	_hint_after_commit("listing", listings)


def note_listings(names: Sequence[str]) -> None:
	"""The rules of listings change with this transaction."""
	_hint_after_commit("listing", names)


def note_listing(doc, method: str | None = None) -> None:
	"""A listing was saved; a hook of Listing."""
	note_listings([doc.name])


def note_shop(doc, method: str | None = None) -> None:
	"""A shop was saved; a hook of Shop."""
	if any(doc.has_value_changed(field) for field in RULE_FIELDS):
		_hint_after_commit("shop", [doc.name])


def note_sku(doc, method: str | None = None) -> None:
	"""A SKU was saved; its components may be others. A hook of SKU."""
	if doc.is_bundle or doc.has_value_changed("is_bundle"):
		_hint_after_commit("sku", [doc.name])


def note_balance(doc, method: str | None = None) -> None:
	"""Somebody set the safety stock; a hook of Stock Balance and Dedicated Stock."""
	_hint_after_commit("sku", [doc.sku])


def note_warehouse(doc, method: str | None = None) -> None:
	"""A warehouse was switched on or off, or is of another kind: all listings are concerned. A hook of Warehouse."""
	if any(doc.has_value_changed(field) for field in ("is_active", "warehouse_kind", "allow_negative")):
		_hint_after_commit("all", ["listings"])


def _hint_after_commit(kind: str, names: Sequence[str]) -> None:
	if names:
		frappe.db.after_commit.add(lambda: hint(kind, names))


def hint(kind: str, names: Sequence[str]) -> None:
	"""Say that something changed and have it looked at. Without Redis the next comparison finds it."""
	if frappe.flags.in_migrate or frappe.flags.in_install:
		return  # jobs would run at once, in the middle of it
	with suppress(redis.RedisError):
		get_redis().sadd(get_key("hints"), *(f"{kind}:{name}" for name in names))
		start_loop(after_commit=False)


def start_loop(after_commit: bool = True) -> None:
	"""Have a loop started, unless one is running. It reads the hints once more after it has let go of its lock."""
	with suppress(redis.RedisError):
		if get_redis().exists(get_key("lock")):
			return
	wake("", "stock", after_commit=after_commit)


def get_key(name: str) -> str:
	"""The Redis key of something that the stock push keeps for this site."""
	return f"oms:stock:{frappe.local.site}:{name}"


def take_hints() -> dict[str, set[str]]:
	"""The hints so far by kind, taken: who reads them must look."""
	found: dict[str, set[str]] = {}
	with suppress(redis.RedisError):
		client, key = get_redis(), get_key("hints")
		for text in client.spop(key, max(client.scard(key), 1)) or []:
			kind, _colon, name = text.decode().partition(":")
			found.setdefault(kind, set()).add(name)
	return found


def has_hints() -> bool:
	"""Whether there is something to look at. False without Redis."""
	with suppress(redis.RedisError):
		return bool(get_redis().scard(get_key("hints")))
	return False


class Watch:
	"""The lock of the one loop; without Redis every loop has it."""

	def __init__(self, lock: Lock | None) -> None:
		self.lock = lock

	def go_on(self) -> bool:
		"""Keep the lock for another while; False when it has gone to somebody else."""
		try:
			return self.lock is None or self.lock.reacquire()
		except LockError:
			return False
		except redis.RedisError:
			return True


@contextmanager
def watch() -> Iterator[Watch | None]:
	"""A Watch for the one loop that may look; None for who comes second, whose hints are the first one's."""
	lock: Lock | None = get_redis().lock(get_key("lock"), timeout=LOCK_LIFE_S, blocking=False)
	try:
		mine = lock.acquire()
	except redis.RedisError:
		mine, lock = True, None
	try:
		yield Watch(lock) if mine else None
	finally:
		if mine and lock:
			with suppress(redis.RedisError, LockError):
				lock.release()
