"""Turns the rows of an order report into canonical orders, one at a time, in bounded memory.

Rows of one order need not stand together: a first pass counts the rows of each order number, the second hands
an order out as soon as its last row has come. Held at any time: the order numbers and the rows of unfinished
orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..canonical import CanonicalOrder
from .build import ParseOptions, build_order
from .errors import Problem, Row, RowError
from .fields import order_key
from .layouts import Mapping
from .reader import Table

__all__ = ["OrderParser", "ParseOptions", "parse_orders", "parse_table"]


class OrderParser:
	"""Walks a file's rows twice; iterate over it for CanonicalOrder and RowError objects.

	`rows` is called for each pass and gives the rows anew. `total_rows` is known once the first result is
	out, `rows_read` then follows it: both serve a progress bar. Any ImportFileError of the file's body is
	raised before the first result.
	"""

	def __init__(self, rows: Callable[[], Iterable[Row]], mapping: Mapping, options: ParseOptions):
		self._rows = rows
		self._mapping = mapping
		self._options = options
		self.total_rows = 0
		self.rows_read = 0

	def __iter__(self) -> Iterator[CanonicalOrder | RowError]:
		awaited = self._count()
		self.rows_read = 0
		waiting: dict[str, list[Row]] = {}
		for row in self._rows():
			self.rows_read += 1
			key = order_key(row, self._mapping)
			if not key:
				yield self._refuse_nameless(row)
				continue
			group = waiting.setdefault(key, [])
			group.append(row)
			if len(group) >= awaited[key]:
				yield self._build(key, waiting.pop(key))
		# only when the file shrank between the passes
		for key, group in waiting.items():
			yield self._build(key, group)

	def _count(self) -> Counter[str]:
		awaited: Counter[str] = Counter()
		self.total_rows = 0
		for row in self._rows():
			self.total_rows += 1
			awaited[order_key(row, self._mapping)] += 1
		return awaited

	def _build(self, key: str, rows: Sequence[Row]) -> CanonicalOrder | RowError:
		result = build_order(rows, self._mapping, self._options)
		if isinstance(result, CanonicalOrder):
			return result
		return RowError(tuple(row.row_no for row in rows), key, result, tuple(rows))

	def _refuse_nameless(self, row: Row) -> RowError:
		heading = self._mapping.columns["platform_order_no"]
		problem = row.problem or Problem(
			"missing_value", (heading,), "platform_order_no", heading, row_nos=(row.row_no,)
		)
		return RowError((row.row_no,), "", (problem,), (row,))


def parse_table(table: Table, mapping: Mapping, options: ParseOptions) -> OrderParser:
	"""Bind the mapping to the table's headings; ImportFileError when it doesn't fit them."""
	return OrderParser(table.rows, mapping.bind(table.headings), options)


def parse_orders(
	rows: Sequence[Row], mapping: Mapping, options: ParseOptions
) -> Iterator[CanonicalOrder | RowError]:
	"""Parse rows that are already in memory; `mapping` uses their headings as spelt."""
	return iter(OrderParser(lambda: rows, mapping, options))
