"""One run from empty shops to the comparison of both sides; the test and the benchmark differ in size only."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from runtime.bench import Bench

from .chaos import POISONS, PRICES, Platforms, count_calls
from .desk import Desk, now_datetime
from .stack import Stack
from .truth import compare_shop

# Pinduoduo's lists stay three minutes behind.
LAGS = {"Pinduoduo": timedelta(minutes=3)}
REASONS = {
	"missing_lines": "no_lines",
	"negative_quantity": "field_invalid",
	"unreadable_amount": "money_invalid",
	"unknown_status": "status_unknown",
	"absent_created": "field_missing",
}
LOOK_S = 2.0
MOST_SHOWN = 40
TELL_EVERY_S = 10.0


@dataclass(frozen=True)
class Size:
	"""`waits_for_lists`: the end also waits until the lists of platforms that lag prove that nothing is missing."""

	orders: int
	kills: int
	per_s: float
	changes_per_order: int = 3
	hidden_per_shop: int = 1
	poll_seconds: int = 0
	kill_every_s: float = 8.0
	limit_s: float = 300.0
	waits_for_lists: bool = True
	seed: int = 7


@dataclass
class Outcome:
	"""`differences` and `faults` are texts, empty when all is well; `figures` are numbers by name."""

	differences: list[str] = field(default_factory=list)
	faults: list[str] = field(default_factory=list)
	errors: list[str] = field(default_factory=list)
	figures: dict[str, float] = field(default_factory=dict)


@contextmanager
def open_run(root: Path, site: str, size: Size, say: Callable[[str], None]) -> Iterator["Run"]:
	"""A Run with its processes started; stopped, and its records removed, at the end."""
	with tempfile.TemporaryDirectory(prefix="oms-reliability-") as folder:
		run = Run(Stack(Bench(root), site, Path(folder), size.seed), size, say)
		try:
			run.prepare()
			yield run
		finally:
			run.stack.stop()
			run.desk.remove()


class Run:
	"""`prepare`, `load`, `converge`, then what was hidden and broken; `outcome` says how it went."""

	def __init__(self, stack: Stack, size: Size, say: Callable[[str], None]) -> None:
		self.stack = stack
		self.size = size
		self.say = say
		self.chance = random.Random(size.seed)
		self.desk = Desk([f"R{stack.ports['sandbox']}-{number}" for number in range(len(PRICES))])
		self.outcome = Outcome()
		self.kills_left = size.kills
		self.next_kill = self.next_word = 0.0
		self.began = time.monotonic()

	def prepare(self) -> None:
		self.stack.start_sandbox()
		self.platforms = Platforms(self.stack.sandbox_url, self.stack.token, self.size.seed)
		self.platforms.create_shops(self.stack.webhook_url, self.desk.codes)
		self.platforms.hide_orders(self.size.hidden_per_shop)
		# What is lost at a platform whose lists lag, only its lists bring back.
		self.platforms.set_faults(spares="" if self.size.waits_for_lists else "Pinduoduo")
		self.desk.create_shops(self.platforms.shops, self.stack.sandbox_url, self.size.poll_seconds)
		self.stack.start_desk()
		self.say("shops, sandbox, consumer and workers are there")

	def load(self) -> None:
		"""Orders and changes, while workers are killed and tokens expire."""
		size = self.size
		self.began = time.monotonic()
		self.next_kill = self.began + size.kill_every_s
		self.platforms.start_load(size.orders, size.changes_per_order, size.per_s)
		is_poisoned = False
		while (load := self.platforms.get_load())["state"] == "running":
			if not is_poisoned and load["orders"] >= size.orders // 3:
				self.platforms.poison_orders()
				self.stack.kill_consumer()
				is_poisoned = True
			self._disturb()
			time.sleep(LOOK_S / 4)
		self.outcome.figures |= {
			"orders": load["orders"] + len(self.platforms.poisoned) + len(self.platforms.hidden),
			"changes": load["changes"],
			"load_s": round(time.monotonic() - self.began, 1),
		}
		self.say(f"{load['orders']} orders and {load['changes']} changes are made")

	def _disturb(self) -> None:
		self.platforms.note_secrets()
		if self.kills_left and time.monotonic() >= self.next_kill:
			self.stack.kill_worker(self.chance)
			self.kills_left -= 1
			self.next_kill = time.monotonic() + self.size.kill_every_s * self.chance.uniform(0.3, 1.7)
			if self.kills_left % 5 == 0:
				self.platforms.expire_a_token()

	def converge(self) -> None:
		"""Go on killing until the last kill is done, then wait until nothing is left to do and compare.

		Calls go on failing; what stops with the load is that orders change.
		"""
		while self.kills_left:
			self._disturb()
			time.sleep(LOOK_S / 4)
		self.platforms.stop_shifts()
		self.outcome.differences = self._wait_until_equal(self._get_unseen())
		self.outcome.figures["converged_s"] = round(time.monotonic() - self.began, 1)
		self.say(f"quiet with {len(self.outcome.differences)} differences")

	def _get_unseen(self) -> frozenset[str]:
		return frozenset(order["order_no"] for order in self.platforms.hidden + self.platforms.poisoned)

	def _wait_until_equal(self, unseen: frozenset[str]) -> list[str]:
		"""The differences that are left when everything is done; faults stay on."""
		moment = now_datetime() + timedelta(seconds=1)
		deadline = time.monotonic() + self.size.limit_s
		left = ["not begun"]
		while time.monotonic() < deadline:
			time.sleep(LOOK_S)
			self.platforms.note_secrets()
			left = self.desk.list_unsettled(moment, self._get_lags()) or self.compare(unseen)
			if not left:
				return []
			self._tell_progress(left)
		return left if not self.desk.list_unsettled(moment, self._get_lags()) else left + self.compare(unseen)

	def _tell_progress(self, left: list[str]) -> None:
		if time.monotonic() >= self.next_word:
			self.next_word = time.monotonic() + TELL_EVERY_S
			self.say(f"{len(left)} things to do: {left[0]}")

	def _get_lags(self) -> dict[str, timedelta]:
		lags = {} if self.size.waits_for_lists else LAGS
		return {
			self.desk.names[shop["shop_id"]]: lags[shop["platform"]]
			for shop in self.platforms.shops
			if shop["platform"] in lags
		}

	def compare(self, unseen: frozenset[str]) -> list[str]:
		return [
			text
			for shop in self.platforms.shops
			for text in compare_shop(self.desk.names[shop["shop_id"]], self.platforms.get_truth(shop), unseen)
		]

	def find_hidden(self) -> None:
		"""What the platform shows late, and under an old time, is found by counting again."""
		self.platforms.reveal_orders()
		# A run may take longer than the hour that is counted every five minutes.
		self.stack.execute("storegroup_oms.connectors.runner.recheck_day")
		unseen = frozenset(order["order_no"] for order in self.platforms.poisoned)
		self.outcome.differences += [f"after reveal: {text}" for text in self._wait_until_equal(unseen)]
		self.say("what was hidden has been found")

	def cure_poisoned(self) -> None:
		"""Broken orders stand in quarantine with payload and reason; cured and replayed they are on the desk."""
		self._check_quarantine("Waiting")
		self.platforms.cure_orders()
		names = [row.name for row in self.desk.list_quarantined()]
		self.stack.execute("storegroup_oms.connectors.by_hand.replay", names=names)
		self.outcome.differences += [f"after cure: {text}" for text in self._wait_until_equal(frozenset())]
		self._check_quarantine("Resolved")
		self.say("what was broken has been cured")

	def _check_quarantine(self, status: str) -> None:
		rows = {row.platform_order_no: row for row in self.desk.list_quarantined()}
		for order, kind in zip(self.platforms.poisoned, POISONS * 4, strict=True):
			row = rows.pop(order["order_no"], None)
			told = row and (row.status, row.reason_code, order["order_no"] in (row.payload or ""))
			if told != (status, REASONS[kind], True):
				self.outcome.faults.append(f"quarantine of {order['platform']} {kind}: {told}")
		self.outcome.faults += [f"quarantine of the sound order {number}" for number in rows]

	def finish(self) -> Outcome:
		"""Look at everything that a person or an auditor would look at."""
		calls = self.platforms.get_calls()
		self.platforms.note_secrets()
		self.outcome.faults += self.desk.find_faults()
		self.outcome.faults += [f"refused {text}" for text in self.platforms.find_wrong_refusals()]
		told = self.desk.find_secrets(self.platforms.secrets, self.stack.list_log_files())
		self.outcome.faults += [f"a secret stands in {place}" for place in told]
		self.outcome.faults += self.stack.fallen
		self.outcome.errors = self.desk.list_errors()
		seconds = time.monotonic() - self.began
		self.outcome.figures |= {
			**count_calls(calls),
			**{f"kills_{kind}": count for kind, count in sorted(self.stack.killed.items())},
			"seconds": round(seconds, 1),
			"orders_per_s": round(self.outcome.figures["orders"] / self.outcome.figures["converged_s"], 1),
			"differences": len(self.outcome.differences),
			"faults": len(self.outcome.faults),
			"error_logs": len(self.outcome.errors),
		}
		return self.outcome


def run_all(root: Path, site: str, size: Size, say: Callable[[str], None] = lambda text: None) -> Outcome:
	"""The whole story; leaves nothing behind. An open Frappe connection to the site is needed."""
	with open_run(root, site, size, say) as run:
		run.load()
		run.converge()
		run.find_hidden()
		run.cure_poisoned()
		return run.finish()


def show(outcome: Outcome) -> str:
	"""What went wrong, a line each; empty when nothing did."""
	lines = [*outcome.differences, *outcome.faults]
	more = [f"… and {len(lines) - MOST_SHOWN} more"] if len(lines) > MOST_SHOWN else []
	return "\n".join([*lines[:MOST_SHOWN], *more])
