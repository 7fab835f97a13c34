"""Whole fen shared out over lines so that the parts add up exactly."""

from __future__ import annotations

from collections.abc import Sequence


def split_amount(amount: int, weights: Sequence[int]) -> list[int]:
	"""Parts of `amount` in proportion to `weights`, each cut towards 0; what remains goes to the heaviest.

	No weight at all counts as equal weights.
	"""
	if not weights:
		return []
	if not any(weights):
		weights = [1] * len(weights)
	whole = sum(weights)
	sign = -1 if amount < 0 else 1
	parts = [sign * (abs(amount) * weight // whole) for weight in weights]
	heaviest = max(range(len(weights)), key=lambda place: weights[place])
	parts[heaviest] += amount - sum(parts)
	return parts


def format_yuan(fen: int) -> str:
	"""`12.30` for 1230."""
	sign = "-" if fen < 0 else ""
	return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
