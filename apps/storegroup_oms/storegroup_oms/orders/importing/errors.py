"""What can be wrong with a file (ImportFileError) or with one order in it (Problem, RowError)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .messages import FILE_MESSAGES, ROW_MESSAGES


class ImportFileError(Exception):
	"""The whole file is refused.

	`code` is a key of messages.FILE_MESSAGES, `message_template` the untranslated sentence and `params` its
	positional values; str() gives the English sentence.
	"""

	def __init__(self, code: str, *params: object):
		self.code = code
		self.message_template = FILE_MESSAGES[code]
		self.params = params
		super().__init__(self.message_template.format(*params))


@dataclass(frozen=True, slots=True)
class Problem:
	"""One reason why a row or an order is refused; `code` is a key of messages.ROW_MESSAGES.

	`field` is ours, `heading` the file's; `value` is the text as found (cut to 140 characters).
	"""

	code: str
	args: tuple = ()
	field: str = ""
	heading: str = ""
	value: str = ""
	row_nos: tuple[int, ...] = ()

	@property
	def message_template(self) -> str:
		return ROW_MESSAGES[self.code]

	@property
	def message(self) -> str:
		return self.message_template.format(*self.args)


@dataclass(frozen=True, slots=True)
class Row:
	"""One record: `row_no` as a spreadsheet counts (headings are row 1), cells by heading, as text."""

	row_no: int
	cells: dict[str, str]
	problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class RowError:
	"""One refused order, or one refused row that belongs to no known order.

	All rows of the order are refused together: half an order would be a wrong order. `problems` has at least
	one entry; the single-problem properties speak of the first. `rows` feeds the file of rejected rows.
	"""

	row_nos: tuple[int, ...]
	order_no: str
	problems: tuple[Problem, ...]
	rows: tuple[Row, ...] = dataclasses.field(default=(), repr=False)

	@property
	def field(self) -> str:
		return self.problems[0].field

	@property
	def code(self) -> str:
		return self.problems[0].code

	@property
	def message_template(self) -> str:
		return self.problems[0].message_template

	@property
	def args(self) -> tuple:
		return self.problems[0].args

	@property
	def message(self) -> str:
		"""All problems in English, one sentence after the other."""
		return " ".join(problem.message for problem in self.problems)

	@property
	def value(self) -> str:
		return self.problems[0].value
