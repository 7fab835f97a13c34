"""Routing decisions as rows that are kept, and as what a person reads of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.fulfilment.routing import Candidate, Decision, get_load_percent

FIELDS = ("order", "outcome", "reason", "warehouses", "policy", "source", "decided_at", "candidates")


@dataclass(frozen=True)
class Verdict:
	"""A decision about one order and what came of it."""

	order: str
	decision: Decision
	outcome: str
	policy: str


def store_decisions(verdicts: Iterable[Verdict], source: str) -> int:
	"""Keep decisions with all their candidates; returns how many. Never commits."""
	moment = now_datetime()
	return insert_rows(
		"Routing Decision",
		[
			{
				"name": frappe.generate_hash(length=12),
				"order": verdict.order,
				"outcome": verdict.outcome,
				"reason": verdict.decision.reason or None,
				"warehouses": ",".join(verdict.decision.warehouses) or None,
				"policy": verdict.policy or None,
				"source": source,
				"decided_at": moment,
				"candidates": json.dumps(describe_candidates(verdict.decision), ensure_ascii=False),
			}
			for verdict in verdicts
		],
		FIELDS,
	)


def describe_candidates(decision: Decision) -> list[dict]:
	"""Each candidate in its rank: {warehouse, is_chosen, units, total, scores, km, cost, load_percent, reasons}.

	`reasons` are [code, facts]; `cost` is text of two places or None.
	"""
	return [_describe(candidate, candidate.name in decision.chosen) for candidate in decision.candidates]


def _describe(candidate: Candidate, is_chosen: bool) -> dict:
	return {
		"warehouse": candidate.name,
		"is_chosen": is_chosen,
		"units": sum(candidate.units.values()) if is_chosen else 0,
		"total": candidate.total,
		"scores": candidate.scores,
		"km": candidate.km,
		"cost": None if candidate.cost is None else f"{candidate.cost:.2f}",
		"load_percent": get_load_percent(candidate.place),
		"reasons": candidate.reasons,
	}


def find_latest(order: str) -> dict | None:
	"""The latest decision about an order, `candidates` as rows of `describe_candidates`. Asks for no permission."""
	rows = frappe.db.sql(
		"""SELECT name, outcome, reason, warehouses, policy, source, decided_at, candidates
		FROM `tabRouting Decision` WHERE `order` = %s ORDER BY decided_at DESC, creation DESC LIMIT 1""",
		order,
		as_dict=True,
	)
	if not rows:
		return None
	return {**rows[0], "candidates": frappe.parse_json(rows[0].candidates or "[]")}
