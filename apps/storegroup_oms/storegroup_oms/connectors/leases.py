"""Rows that one worker holds for a while: a token in one column, the end of the lease in another.

A worker that is killed holds its rows until their lease ends; who comes later takes them with a token of its own, so
that the first one's late answer is known for what it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.transactions import run_in_latest

LEASE_S = 120
# Rows of a shop whose access is being renewed are left alone for so long.
ACCESS_PAUSE_S = 2


@dataclass(frozen=True)
class Leases:
	"""The leases of one table, whose rows belong to shops.

	`claim` and `ends` name the columns of token and end. `due` is SQL over the table under the name `alias`, and over
	%(now)s, for rows that wait and are nobody's; `urgency` orders them; `unsent` holds for rows whose lease is worth
	keeping.
	"""

	doctype: str
	alias: str
	claim: str
	ends: str
	due: str
	urgency: str
	unsent: str

	def find_due(self, shops: Sequence[str], limit: int) -> list[str]:
		"""The most urgent rows that are due, at most `limit` of each shop. Locks nothing."""
		return frappe.db.sql(
			f"""SELECT name FROM (
				SELECT name, ROW_NUMBER() OVER (PARTITION BY shop ORDER BY {self.urgency}) AS place
				FROM `tab{self.doctype}` {self.alias} WHERE shop IN %(shops)s AND {self.due}
			) due WHERE place <= %(limit)s""",
			{"shops": list(shops), "now": now_datetime(), "limit": limit},
			pluck=True,
		)

	def take(self, rows: Sequence[frappe._dict]) -> None:
		"""Locked rows are ours from now on; the token is set in each as `claim`. Doesn't commit."""
		if not rows:
			return
		token = frappe.generate_hash(length=12)
		for row in rows:
			row.claim = token
		self._write("name IN %s", token, _get_end(LEASE_S), [row.name for row in rows])

	def extend(self, claims: Mapping[str, int]) -> set[str]:
		"""Keep claimed rows for another while; returns the claims that still hold as many as given. Commits."""

		def work() -> set[str]:
			tokens = list(claims)
			frappe.db.sql(
				f"UPDATE `tab{self.doctype}` SET {self.ends} = %s WHERE {self.claim} IN %s AND {self.unsent}",
				(_get_end(LEASE_S), tokens),
			)
			counted = frappe.db.sql(
				f"""SELECT {self.claim}, COUNT(*) FROM `tab{self.doctype}` WHERE {self.claim} IN %s
				GROUP BY {self.claim}""",
				[tokens],
			)
			return {token for token, count in counted if count == claims[token]}

		return run_in_latest(work) if claims else set()

	def give_back(self, rows: Sequence[frappe._dict]) -> None:
		"""Claimed rows that could not be sent are soon due again, as if nobody had tried. Doesn't commit."""
		tokens = sorted({row.claim for row in rows})
		names = [row.name for row in rows]
		self._write(f"name IN %s AND {self.claim} IN %s", None, _get_end(ACCESS_PAUSE_S), names, tokens)

	def _write(self, where: str, token: str | None, end: datetime, *values: Sequence[str]) -> None:
		frappe.db.sql(
			f"UPDATE `tab{self.doctype}` SET {self.claim} = %s, {self.ends} = %s WHERE {where}",
			(token, end, *values),
		)


def _get_end(seconds: float) -> datetime:
	return add_to_date(now_datetime(), seconds=seconds)
