"""Size budgets: a function up to 60 code lines, a file up to 400, a DocType's controller up to 150."""

import re
from pathlib import Path

from tests.house import tree

FUNCTION_LINES = 60
FILE_LINES = 400
CONTROLLER_LINES = 150


def find_oversize(path: Path) -> list[str]:
	"""What of one Python or JavaScript file is over its budget."""
	if path.suffix in (".js", ".mjs"):
		size = len(
			[
				line
				for line in path.read_text().splitlines()
				if line.strip() and not re.match(r"\s*(//|\*|/\*)", line)
			]
		)
		return [f"{tree.show(path)}: {size} lines, {FILE_LINES} allowed"] if size > FILE_LINES else []
	text = path.read_text()
	code = tree.count_code_lines(text)
	is_controller = path.parent.parent.name == "doctype" and path.stem == path.parent.name
	allowed = CONTROLLER_LINES if is_controller else FILE_LINES
	found = [f"{tree.show(path)}: {len(code)} lines, {allowed} allowed"] if len(code) > allowed else []
	for function in tree.list_functions(tree.parse(path)):
		size = len(code & set(range(function.lineno, (function.end_lineno or 0) + 1)))
		if size > FUNCTION_LINES:
			found.append(f"{tree.show(path)}: {function.name} has {size} lines, {FUNCTION_LINES} allowed")
	return found
