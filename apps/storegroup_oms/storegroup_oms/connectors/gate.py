"""The rate limit of an app key, kept across all workers and hosts: a token bucket in Redis, and waits that a platform asks for.

When Redis is away the gate is open: a platform that is asked too much says so and is obeyed, while
orders that don't come are worse.
"""

import time

import frappe
import redis

from storegroup_oms.connectors.errors import RateLimitedError

LONGEST_WAIT_S = 20.0
KEY_LIFE_S = 3600
# KEYS: bucket, pause. ARGV: rate per second, burst. Uses Redis's own clock, so that hosts need not agree.
# Answers the milliseconds to wait; a token is taken even then, so that callers queue up in turn.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local pause = tonumber(redis.call('PTTL', KEYS[2]))
if pause > 0 then return {pause, 0} end
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1] or ARGV[2])
local at = tonumber(bucket[2] or now)
tokens = math.min(tonumber(ARGV[2]), tokens + (now - at) * tonumber(ARGV[1]) / 1000) - 1
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if tokens >= 0 then return {0, 1} end
return {math.ceil(-tokens * 1000 / ARGV[1]), 1}
"""


class RedisGate:
	"""The gate of one app key; safe for several threads. `key` names platform and app key, not a secret."""

	def __init__(self, key: str, calls_per_s: float, burst: int, client: redis.Redis | None = None) -> None:
		self.redis = client or get_redis()
		self.bucket = f"oms:gate:{frappe.local.site}:{key}"
		self.calls_per_s = calls_per_s
		self.burst = burst
		self.take = self.redis.register_script(_TAKE)

	def acquire(self, api: str) -> None:
		"""Wait for a token; raises RateLimitedError when it would take longer than 20 s."""
		waited = 0.0
		while True:
			try:
				wait_ms, taken = self.take(
					keys=[self.bucket, f"{self.bucket}:pause"],
					args=[self.calls_per_s, self.burst, KEY_LIFE_S * 1000],
				)
			except redis.RedisError:
				return
			wait_s = wait_ms / 1000
			if waited + wait_s > LONGEST_WAIT_S:
				raise RateLimitedError("gate", "Other calls go first.", retry_after_s=wait_s)
			if wait_s:
				time.sleep(wait_s)
				waited += wait_s
			if taken:
				return

	def pause(self, api: str, seconds: float) -> None:
		"""No call of this app key is made for `seconds` (at most an hour), on any worker."""
		try:
			self.redis.set(f"{self.bucket}:pause", "1", px=int(min(max(seconds, 0.05), 3600) * 1000))
		except redis.RedisError:
			return


_pools: dict[str, redis.Redis] = {}


def get_redis() -> redis.Redis:
	"""A client of the queue's Redis (the cache may be emptied at any time); safe for threads, one per process."""
	url = frappe.conf.get("redis_queue") or "redis://127.0.0.1:11311"
	if url not in _pools:
		_pools[url] = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)
	return _pools[url]
