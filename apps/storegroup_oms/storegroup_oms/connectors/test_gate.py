"""The rate limit holds across workers, obeys the platform's waits, and opens when Redis is away."""

import threading
import time
from unittest.mock import patch

import redis

from storegroup_oms.connectors import gate as gates
from storegroup_oms.connectors.errors import RateLimitedError
from storegroup_oms.connectors.gate import RedisGate
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import make_suffix


class TestGate(IntegrationTest):
	def make_gate(self, rate: float, burst: int, key: str | None = None) -> RedisGate:
		gate = RedisGate(key or f"test:{make_suffix()}", rate, burst)
		self.addCleanup(gate.redis.delete, gate.bucket, f"{gate.bucket}:pause")
		return gate

	def count_waits(self, gate: RedisGate, calls: int) -> list[float]:
		waits: list[float] = []
		with patch.object(gates.time, "sleep", waits.append):
			for _call in range(calls):
				gate.acquire("x")
		return waits

	def test_a_burst_is_free_and_then_calls_are_spread(self):
		waits = self.count_waits(self.make_gate(2, 3), 6)

		self.assertEqual(len(waits), 3)
		for wait, wanted in zip(waits, (0.5, 1.0, 1.5), strict=True):
			self.assertAlmostEqual(wait, wanted, delta=0.25)

	def test_workers_share_one_bucket(self):
		key = f"test:{make_suffix()}"
		gates_of_workers = [self.make_gate(0.1, 4, key) for _worker in range(3)]
		passed, refused = [], []

		def work(gate: RedisGate) -> None:
			for _call in range(4):
				try:
					with patch.object(gates, "LONGEST_WAIT_S", 0.5):
						gate.acquire("x")
					passed.append(1)
				except RateLimitedError:
					refused.append(1)

		with patch.object(gates, "LONGEST_WAIT_S", 0.5):
			threads = [threading.Thread(target=work, args=(gate,)) for gate in gates_of_workers]
			for thread in threads:
				thread.start()
			for thread in threads:
				thread.join()

		self.assertEqual((len(passed), len(refused)), (4, 8))

	def test_a_wait_that_the_platform_asks_for_holds_for_everybody(self):
		key = f"test:{make_suffix()}"
		self.make_gate(100, 100, key).pause("x", 0.2)
		started = time.monotonic()
		self.make_gate(100, 100, key).acquire("y")
		self.assertGreater(time.monotonic() - started, 0.1)

	def test_too_long_a_wait_goes_back_to_the_caller(self):
		gate = self.make_gate(100, 100)
		gate.pause("x", 300)
		with self.assertRaises(RateLimitedError) as caught:
			gate.acquire("x")
		self.assertGreater(caught.exception.retry_after_s, 200)

	def test_without_redis_the_gate_is_open(self):
		dead = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
		gate = RedisGate("test", 1, 1, dead)
		gate.pause("x", 100)
		for _call in range(3):
			gate.acquire("x")
