"""Import direction: a context knows those below it; pure modules know no Frappe; the runtime knows only Python."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house import tree

PACKAGE = "storegroup_oms"
# From the bottom up; a context may import its own layer and lower ones.
LAYERS = (
	("shops",),
	("catalog",),
	("customers", "inventory"),
	("orders",),
	(
		"fulfilment",
		"couriers",
		"connectors",
		"aftersales",
		"oms_automation",
		"analytics",
		"finance",
		"open_api",
	),
	("api",),
)
# What installs and wires the app may reach everything; nothing below may reach these.
TOP = ("commands", "doors", "hooks", "install", "preload", "setup", "tests", "uninstall", "www")
PURE = (
	"customers/masking.py",
	"couriers/rates.py",
	"orders/canonical.py",
	"orders/divisions.py",
	"orders/money.py",
	"orders/importing/",
	"orders/review_rules.py",
	"fulfilment/distances.py",
	"fulfilment/floor/walk.py",
	"fulfilment/gift_rules.py",
	"fulfilment/printing/documents.py",
	"fulfilment/printing/fonts.py",
	"fulfilment/printing/labels.py",
	"fulfilment/printing/lists.py",
	"fulfilment/printing/sheet.py",
	"fulfilment/printing/words.py",
	"fulfilment/routing.py",
	"couriers/choice.py",
	"couriers/kdniao_form.py",
	"couriers/lanes.py",
	"couriers/waybills/access.py",
	"couriers/waybills/base.py",
	"couriers/waybills/cainiao.py",
	"couriers/waybills/douyin.py",
	"couriers/waybills/jd.py",
	"couriers/waybills/kdniao.py",
	"couriers/waybills/kuaidi100.py",
	"couriers/waybills/pinduoduo.py",
	"connectors/amounts.py",
	"open_api/document.py",
	"open_api/mapping.py",
	"open_api/models.py",
	"open_api/operations.py",
	"open_api/targets.py",
	"connectors/base.py",
	"connectors/errors.py",
	"connectors/fields.py",
	"connectors/offer_rules.py",
	"connectors/http.py",
	"connectors/reasons.py",
	"connectors/registry.py",
	"connectors/taobao/",
	"connectors/jd/",
	"connectors/pinduoduo/",
	"connectors/douyin/",
	"couriers/tracking/base.py",
	"couriers/tracking/kdniao.py",
	"couriers/tracking/kuaidi100.py",
	"couriers/tracking/schedule.py",
	"couriers/tracking/summary.py",
	"couriers/tracking/wording.py",
)
LEVELS = {name: level for level, names in enumerate(LAYERS, 1) for name in names} | dict.fromkeys(
	TOP, len(LAYERS) + 1
)


def get_level(context: str) -> int:
	"""Height of a context; plain modules beside the contexts (exceptions, permissions, bulk …) are the ground, 0."""
	return LEVELS.get(context, 0)


def list_imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
	"""(line, full module name) of every import; relative ones resolved against `module`."""
	for node in ast.walk(tree.parse(path)):
		if isinstance(node, ast.Import):
			yield from ((node.lineno, alias.name) for alias in node.names)
		elif isinstance(node, ast.ImportFrom):
			base = node.module or ""
			if node.level:
				parts = module.split(".")
				package = parts if path.name == "__init__.py" else parts[:-1]
				prefix = ".".join(package[: len(package) - node.level + 1])
				base = f"{prefix}.{base}" if base else prefix
			yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def find_upward_imports(path: Path, root: Path = tree.APP) -> list[str]:
	"""Imports of one app file that go against the direction."""
	inside = path.relative_to(root)
	module = ".".join((PACKAGE, *inside.with_suffix("").parts)).removesuffix(".__init__")
	own = get_level(inside.parts[0].removesuffix(".py"))
	found = []
	for line, name in list_imports(path, module):
		parts = name.split(".")
		if parts[0] == PACKAGE and len(parts) > 1 and get_level(parts[1]) > own:
			found.append(f"{tree.show(path)}:{line} imports {name}, which stands above it")
	return found


def find_impure_imports(path: Path, root: Path = tree.APP) -> list[str]:
	"""Imports of Frappe, or of app modules that aren't pure, in a pure module."""
	inside = str(path.relative_to(root))
	if not inside.startswith(PURE) or tree.is_test(path):
		return []
	module = ".".join((PACKAGE, *Path(inside).with_suffix("").parts)).removesuffix(".__init__")
	pure = tuple(f"{PACKAGE}." + name.removesuffix(".py").rstrip("/").replace("/", ".") for name in PURE)
	return [
		f"{inside}:{line} imports {name}, but is pure"
		for line, name in list_imports(path, module)
		if name.split(".")[0] == "frappe" or (name.startswith(PACKAGE) and not name.startswith(pure))
	]


def find_foreign_imports(path: Path) -> list[str]:
	"""Imports of the runtime that need more than Python itself."""
	return [
		f"{tree.show(path)}:{line} imports {name}"
		for line, name in list_imports(path, "runtime." + path.stem)
		if name.split(".")[0] not in {*sys.stdlib_module_names, "runtime"}
	]
