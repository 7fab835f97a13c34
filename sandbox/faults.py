"""Misbehaviour on demand. Which call is hit follows from a rule's seed and the sequence of the calls alone."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field, fields

from .calls import Calls
from .model import Refusal

# Before anything is checked: the network or the platform's front door.
TRANSPORT = ("hang_up", "timeout", "server_error", "slow")
# After the checks, in the platform's own words.
BUSINESS = ("rate_limit", "platform_fault", "expire_token")
ANSWER = ("truncate", "page_shift")
PUSH = ("duplicate_push", "reorder_push", "delay_push", "drop_push")
KINDS = (*TRANSPORT, *BUSINESS, *ANSWER, *PUSH)
SECONDS = {"timeout": 30.0, "slow": 1.0, "rate_limit": 1.0, "delay_push": 5.0, "reorder_push": 1.0}


@dataclass
class Rule:
	"""Hits each fitting call with `probability`, at most `times` times (None: always). An empty platform,
	shop_id or api fits all; `api` is the platform's own name of the call.
	"""

	id: int
	kind: str
	platform: str = ""
	shop_id: str = ""
	api: str = ""
	probability: float = 1.0
	seed: int = 1
	seconds: float = 0.0
	times: int | None = None
	hits: int = 0
	rng: random.Random = field(default_factory=random.Random, repr=False)

	def show(self) -> dict:
		row = asdict(self)
		del row["rng"]
		return row


class Faults:
	"""The rules in force, oldest first; the first that hits wins."""

	def __init__(self, calls: Calls) -> None:
		self.calls = calls
		self.rules: list[Rule] = []
		self.last_id = 0

	def add(self, kind: str, **details: object) -> Rule:
		"""Raises Refusal for an unknown kind or detail, or a probability outside 0 to 1."""
		known = {row.name for row in fields(Rule)} - {"id", "kind", "hits", "rng"}
		if kind not in KINDS or set(details) - known:
			raise Refusal("bad_fault", ", ".join([kind, *sorted(set(details) - known)]))
		rule = Rule(self.last_id + 1, kind, **details)  # type: ignore[arg-type]
		if not 0 <= rule.probability <= 1:
			raise Refusal("bad_fault", f"probability {rule.probability}")
		rule.seconds = rule.seconds or SECONDS.get(kind, 0.0)
		rule.rng = random.Random(rule.seed)
		self.last_id = rule.id
		self.rules.append(rule)
		return rule

	def remove(self, rule_id: int | None = None) -> int:
		"""One rule or, without an id, all; answers how many went."""
		before = len(self.rules)
		self.rules = [rule for rule in self.rules if rule_id is not None and rule.id != rule_id]
		return before - len(self.rules)

	def draw(self, kinds: tuple[str, ...], platform: str, shop_id: str = "", api: str = "") -> Rule | None:
		"""The rule of one of these kinds that hits this call, counted; None mostly."""
		for rule in self.rules:
			if (
				rule.kind in kinds
				and rule.platform in ("", platform)
				and rule.shop_id in ("", shop_id)
				and rule.api in ("", api)
				and (rule.times is None or rule.hits < rule.times)
				and rule.rng.random() < rule.probability
			):
				rule.hits += 1
				self.calls.fault(platform, rule.kind)
				return rule
		return None
