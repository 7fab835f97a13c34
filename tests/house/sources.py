"""Source strings of the interface: where they stand, and which of them can't be extracted."""

import ast
import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.house import tree

# What may stand inside _() or __() instead of a text: expressions whose texts are collected elsewhere.
KNOWN_VARIABLES = {
	"code": "see the tables below",
	"doc.state": "options of a Select field",
	"doc.status": "options of a Select field",
	"doctype": "a DocType's name",
	"error.message_template": "orders/importing/messages.py",
	"field.label": "label of a field",
	"figure.name": "a chart's name",
	"frappe.unscrub(code)": "the codes of orders/holds.py",
	"frm.doc.exception": "options of a Select field",
	"from_status": "options of a Select field",
	"kind": "options of a Select field",
	"label": "option or label that a chart groups by",
	"line.doctype": "a DocType's name",
	"meaning": "orders/holds.py",
	"platform": "options of a Select field",
	"provider": "options of a Select field",
	"row.code": "options of a Select field",
	"rule.name": "setup/stock_alerts.py, or what an administrator wrote",
	"row.exception": "options of a Select field",
	"row.kind": "options of a Select field",
	"row.event": "the events that code records",
	"row.parcel_status": "options of a Select field",
	"row.state": "options of a Select field",
	"row.status": "options of a Select field",
	"self.meta.get_label(fieldname)": "label of a field",
	"self.platform": "options of a Select field",
	"self.provider": "options of a Select field",
	"status": "options of a Select field",
	"template": "orders/importing/messages.py",
	"row.source": "who or what caused an event; the sources of intake and demo",
	"to_status": "options of a Select field",
	"value": "options of a Select field",
	"word": "orders/lifecycle.py",
}
# Constants whose texts are shown: (file, name of the constant).
TABLES = (
	("orders/holds.py", "HOLD_REASONS"),
	("orders/holds.py", "STOP_REASONS"),
	("connectors/reasons.py", "MAPPING_REASONS"),
	("setup/roles.py", "ROLES"),
	("setup/stock_alerts.py", "RULES"),
	("setup/tracking_rules.py", "RULES"),
)
JSON_TEXTS = {
	"DocType": ("name", "description"),
	"Workspace": ("label", "title"),
	"Number Card": ("label",),
	"Dashboard Chart": ("chart_name", "name"),
	"Report": ("report_name",),
	"Page": ("title",),
	"Notification": (),
}
ROW_TEXTS = {
	"fields": ("label", "description"),
	"links": ("label",),
	"shortcuts": ("label",),
	"charts": ("label",),
	"number_cards": ("label",),
	"quick_lists": ("label",),
}
NO_TEXT = re.compile(r"^[\W\d_]*$")


@dataclass
class Findings:
	"""Source strings with the file of their first use, and the places whose strings can't be extracted."""

	strings: dict[str, str] = field(default_factory=dict)
	faults: list[str] = field(default_factory=list)

	def add(self, text: object, path: Path) -> None:
		if isinstance(text, str) and text.strip() and not NO_TEXT.match(text):
			self.strings.setdefault(text.strip(), tree.show(path))


def collect() -> Findings:
	"""Every source string of the app."""
	findings = Findings()
	for path in tree.list_app_files(".py"):
		if not tree.is_test(path):
			collect_python(path, findings)
	for path in tree.list_app_files(".js"):
		collect_javascript(path, findings)
	for path in tree.list_app_files(".html"):
		collect_template(path, findings)
	for path in tree.list_app_files(".json"):
		collect_json(path, findings)
	collect_tables(findings)
	for module in (tree.APP / "modules.txt").read_text().split("\n"):
		findings.add(module, tree.APP / "modules.txt")
	return findings


def collect_python(path: Path, findings: Findings) -> None:
	"""Texts inside _(), and the names of timeline events."""
	for node in ast.walk(tree.parse(path)):
		if isinstance(node, ast.Dict):
			for key, value in zip(node.keys, node.values, strict=True):
				if isinstance(key, ast.Constant) and key.value == "event" and isinstance(value, ast.Constant):
					findings.add(value.value, path)
		if not isinstance(node, ast.Call) or not node.args:
			continue
		name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
		if name not in ("_", "_lt"):
			continue
		text = node.args[0]
		if isinstance(text, ast.Constant) and isinstance(text.value, str):
			findings.add(text.value, path)
		elif ast.unparse(text) not in KNOWN_VARIABLES:
			findings.faults.append(
				f"{tree.show(path)}:{node.lineno} _({ast.unparse(text)[:60]}) can't be extracted"
			)


def collect_javascript(path: Path, findings: Findings) -> None:
	"""Texts inside __()."""
	source = path.read_text()
	for match in re.finditer(r"(?<![\w.$])__\(\s*", source):
		literal = read_literal(source, match.end())
		line = source.count("\n", 0, match.start()) + 1
		if literal:
			text, rest = literal
			if rest[:1] in (",", ")"):
				findings.add(text, path)
			else:
				findings.faults.append(
					f"{tree.show(path)}:{line} __() around more than one literal can't be extracted"
				)
			continue
		expression = read_expression(source, match.end())
		if expression not in KNOWN_VARIABLES:
			findings.faults.append(f"{tree.show(path)}:{line} __({expression[:60]}) can't be extracted")


def read_literal(source: str, start: int) -> tuple[str, str] | None:
	"""(text of the string literal at `start`, what follows it), or None where none stands; templates count when plain."""
	match = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1\s*""", re.DOTALL).match(source, start)
	if not match or (match.group(1) == "`" and "${" in match.group(2)):
		return None
	text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code.group(1), 16)), match.group(2))
	text = text.replace("\\n", "\n").replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")
	return text, source[match.end() : match.end() + 1]


def read_expression(source: str, start: int) -> str:
	"""The first argument at `start`, up to the comma or bracket that ends it."""
	depth = 0
	for position in range(start, len(source)):
		character = source[position]
		if character in "([{":
			depth += 1
		elif character in ")]}":
			if not depth:
				return source[start:position].strip()
			depth -= 1
		elif character == "," and not depth:
			return source[start:position].strip()
	return source[start:].strip()


def collect_template(path: Path, findings: Findings) -> None:
	"""Texts inside _() or __() of a page or print template."""
	source = path.read_text()
	for match in re.finditer(r"(?<![\w.])__?\(\s*", source):
		literal = read_literal(source, match.end())
		if literal:
			findings.add(literal[0], path)


# Frappe's form puts it under the description of a time and translates the two together.
TIME_ZONE = "Asia/Shanghai"


def collect_json(path: Path, findings: Findings) -> None:
	"""Names, labels, descriptions and options of a shipped record."""
	data = json.loads(path.read_text())
	for record in data if isinstance(data, list) else [data]:
		kind = record.get("doctype") if isinstance(record, dict) else None
		if kind not in JSON_TEXTS:
			continue
		for key in JSON_TEXTS[kind]:
			findings.add(record.get(key), path)
		for table, keys in ROW_TEXTS.items():
			for row in record.get(table) or []:
				for key in keys:
					findings.add(row.get(key), path)
				if row.get("fieldtype") == "Datetime" and row.get("description"):
					findings.add(f"{row['description']}<br>{TIME_ZONE}", path)
				if row.get("fieldtype") == "Select":
					for option in (row.get("options") or "").split("\n"):
						findings.add(option, path)
		for block in json.loads(record.get("content") or "[]") if kind == "Workspace" else []:
			text = (block.get("data") or {}).get("text")
			findings.add(re.sub(r"<[^>]+>", "", text) if text else None, path)


def collect_tables(findings: Findings) -> None:
	"""Texts of the constants that code translates by variable, and of the workflow's words."""
	for file, name in TABLES:
		path = tree.APP / file
		for value in find_constant(path, name):
			findings.add(value, path)
			if re.fullmatch(r"[a-z]+(_[a-z]+)*", value):
				del findings.strings[value]
				findings.add(value.replace("_", " ").title(), path)
	path = tree.APP / "setup" / "workflow.py"
	for name, columns in (("STATES", (0,)), ("TRANSITIONS", (1,))):
		for node in ast.walk(tree.parse(path)):
			if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
				for row in ast.literal_eval(node.value):
					for column in columns:
						findings.add(row[column], path)


def find_constant(path: Path, name: str) -> Iterator[str]:
	"""All texts inside the module constant `name`."""
	for node in tree.parse(path).body:
		target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
		if getattr(target, "id", "") == name:
			for part in ast.walk(node.value):
				if isinstance(part, ast.Constant) and isinstance(part.value, str):
					yield part.value


def read_translations(path: Path) -> dict[str, str]:
	"""Source → translation of a CSV file; empty where the file doesn't exist."""
	if not path.exists():
		return {}
	with path.open(newline="", encoding="utf-8") as file:
		return {row[0].strip(): row[1].strip() for row in csv.reader(file) if len(row) > 1}
