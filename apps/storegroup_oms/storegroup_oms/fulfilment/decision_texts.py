"""A routing decision in words, in the reader's language. Prices are told only to those who may know costs."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from frappe import _

from storegroup_oms.orders.holds import HOLD_REASONS


def explain(reasons: Iterable[tuple[str, Mapping]], shows_cost: bool) -> list[str]:
	"""One sentence for each (code, facts) of a candidate."""
	return [EXPLANATIONS[code](facts, shows_cost) for code, facts in reasons if code in EXPLANATIONS]


def explain_reason(code: str | None) -> str:
	"""Why an order waits; empty for no code."""
	meaning = HOLD_REASONS.get(code or "", "")
	return _(meaning)


def _lacks(facts: Mapping, shows_cost: bool) -> str:
	return "; ".join(_("Lacks {0} of {1}").format(count, sku) for sku, count in facts["pieces"].items())


def _region_unserved(facts: Mapping, shows_cost: bool) -> str:
	return _("Does not send to {0}").format(_name_region(facts))


def _courier_unserved(facts: Mapping, shows_cost: bool) -> str:
	return _("No courier takes {0} kg to {1}").format(
		f"{Decimal(facts['weight_g']) / 1000:.2f}", _name_region(facts)
	)


def _name_region(facts: Mapping) -> str:
	return " ".join(filter(None, (facts["province"], facts["city"]))) or _("an unknown region")


def _cost_higher(facts: Mapping, shows_cost: bool) -> str:
	return _("Costs {0} more").format(f"{Decimal(facts['by']):.2f}") if shows_cost else _("Costs more")


EXPLANATIONS: Mapping[str, Callable[[Mapping, bool], str]] = {
	"switched_off": lambda facts, shows_cost: _("Is switched off"),
	"kind_excluded": lambda facts, shows_cost: _("Is of a kind that sends no orders"),
	"other_chosen": lambda facts, shows_cost: _("A person chose {0}").format(facts["warehouse"]),
	"region_unserved": _region_unserved,
	"courier_unserved": _courier_unserved,
	"lacks": _lacks,
	"cost_higher": _cost_higher,
	"cost_unknown": lambda facts, shows_cost: _("What it costs is not known"),
	"farther": lambda facts, shows_cost: _("Is {0} km away, {1} km farther").format(
		facts["km"], facts["by_km"]
	),
	"distance_unknown": lambda facts, shows_cost: _("How far it is is not known"),
	"load_higher": lambda facts, shows_cost: _("Is at {0} % of its capacity today").format(facts["percent"]),
	"region_later": lambda facts, shows_cost: _("Serves this region later"),
	"priority_lower": lambda facts, shows_cost: _("Comes later by priority ({0})").format(facts["priority"]),
	"name_later": lambda facts, shows_cost: _("Is equal to {0}; the name decided").format(facts["warehouse"]),
}
