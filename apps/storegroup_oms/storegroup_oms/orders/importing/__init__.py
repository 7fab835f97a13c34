"""Order-report files of the platforms, read into canonical orders.

Only reads and judges: no database, no Frappe. Whoever calls writes the orders and shows the errors:

	table = open_table(path)
	match = recognise(table.headings)
	for result in parse_table(table, match.mapping, ParseOptions(match.layout.platform)):
		...  # CanonicalOrder or RowError
"""

from ..canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver
from .build import ParseOptions
from .errors import ImportFileError, Problem, Row, RowError
from .layouts import LayoutMatch, Mapping, recognise, suggest_mapping
from .parse import OrderParser, parse_orders, parse_table
from .reader import ReadLimits, Table, open_table
from .rejects import RejectWriter

__all__ = [
	"CanonicalLine",
	"CanonicalOrder",
	"CanonicalReceiver",
	"ImportFileError",
	"LayoutMatch",
	"Mapping",
	"OrderParser",
	"ParseOptions",
	"Problem",
	"ReadLimits",
	"RejectWriter",
	"Row",
	"RowError",
	"Table",
	"open_table",
	"parse_orders",
	"parse_table",
	"recognise",
	"suggest_mapping",
]
