"""Counters of what clients called and how it went, for checks from outside."""

from __future__ import annotations

from collections import Counter, defaultdict


class Calls:
	"""By platform: answered, refused by error code, faulted on purpose by kind; and by API."""

	def __init__(self) -> None:
		self.clear()

	def clear(self) -> None:
		self.accepted: Counter[str] = Counter()
		self.refused: defaultdict[str, Counter[str]] = defaultdict(Counter)
		self.faulted: defaultdict[str, Counter[str]] = defaultdict(Counter)
		self.by_api: defaultdict[str, Counter[str]] = defaultdict(Counter)
		self.pushed: defaultdict[str, Counter[str]] = defaultdict(Counter)

	def accept(self, platform: str, api: str) -> None:
		self.accepted[platform] += 1
		self.by_api[platform][api] += 1

	def refuse(self, platform: str, api: str, code: str) -> None:
		"""`code` as the platform wrote it, with its sub-code after a colon where there is one."""
		self.refused[platform][str(code)] += 1
		self.by_api[platform][api] += 1

	def fault(self, platform: str, kind: str) -> None:
		self.faulted[platform][kind] += 1

	def push(self, platform: str, outcome: str) -> None:
		"""One message towards a client: sent, confirmed, refused, lost or resent."""
		self.pushed[platform][outcome] += 1

	def show(self, platforms: tuple[str, ...]) -> dict:
		return {
			platform: {
				"accepted": self.accepted[platform],
				"refused": dict(self.refused[platform]),
				"faulted": dict(self.faulted[platform]),
				"by_api": dict(self.by_api[platform]),
				"pushed": dict(self.pushed[platform]),
			}
			for platform in platforms
		}
