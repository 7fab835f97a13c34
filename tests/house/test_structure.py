"""Imports run one way, sizes stay within budget, endpoints are typed and guarded."""

import pytest

from tests.house import budgets, endpoints, imports, tree

OWN_CODE = [
	path
	for path in tree.list_files()
	if path.suffix in (".py", ".js", ".mjs") and not tree.is_test(path) and path.is_relative_to(tree.ROOT)
]
APP_CODE = [path for path in tree.list_app_files(".py") if not tree.is_test(path)]


@pytest.fixture
def app(tmp_path):
	"""A folder in the app's layout; called with (name, text), it writes a file there."""

	def write(name: str, text: str):
		path = tmp_path / name
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_text(text)
		return path

	write.root = tmp_path
	return write


# Sizes


def test_sizes_are_within_budget():
	assert [fault for path in OWN_CODE for fault in budgets.find_oversize(path)] == []


@pytest.mark.parametrize(
	("name", "text", "wanted"),
	[
		("long.py", "a = 1\n" * 401, ["long.py: 401 lines, 400 allowed"]),
		("long.py", "a = 1\n" * 400, []),
		("call.py", "def work():\n" + "\ta = 1\n" * 60, ["call.py: work has 61 lines, 60 allowed"]),
		("call.py", "def work():\n" + "\ta = 1\n" * 59, []),
		("x/doctype/thing/thing.py", "a = 1\n" * 151, ["thing.py: 151 lines, 150 allowed"]),
		("x/doctype/thing/amounts.py", "a = 1\n" * 151, []),
		("form.js", "a();\n" * 401, ["form.js: 401 lines, 400 allowed"]),
	],
)
def test_an_oversize_is_found(app, name, text, wanted):
	assert budgets.find_oversize(app(name, text)) == wanted


def test_what_is_no_code_does_not_count(app):
	text = '"""Long\n' + "\n" * 500 + '"""\n' + "# comment\n" * 500
	text += "# begin: auto-generated types\n" + "a = 1\n" * 500 + "# end: auto-generated types\n" + "b = 2\n"

	assert budgets.find_oversize(app("quiet.py", text)) == []
	assert len(tree.count_code_lines(text)) == 1


# Import direction


def test_imports_run_one_way():
	assert [fault for path in APP_CODE for fault in imports.find_upward_imports(path)] == []


def test_pure_modules_are_pure():
	pure = [path for path in APP_CODE if str(path.relative_to(tree.APP)).startswith(imports.PURE)]

	assert len(pure) >= 3
	assert [fault for path in pure for fault in imports.find_impure_imports(path)] == []


def test_the_runtime_needs_python_only():
	files = [path for path in tree.list_files() if path.parent == tree.RUNTIME and path.suffix == ".py"]

	assert len(files) > 5
	assert [fault for path in files for fault in imports.find_foreign_imports(path)] == []


def test_every_context_has_its_place():
	contexts = {path.name for path in tree.APP.iterdir() if (path / "doctype").is_dir()}

	assert contexts - set(imports.LEVELS) == set()


@pytest.mark.parametrize(
	("name", "text", "faults"),
	[
		("shops/a.py", "from storegroup_oms.orders import lifecycle", 1),
		("shops/a.py", "def f():\n\timport storegroup_oms.api.orders", 1),
		("orders/a.py", "from storegroup_oms import fulfilment", 1),
		("orders/doctype/order/a.py", "from storegroup_oms.setup import roles", 1),
		("catalog/a.py", "from ..inventory import ledger", 1),
		("exceptions.py", "from storegroup_oms.shops import x", 1),
		("orders/a.py", "from storegroup_oms.inventory import ledger\nfrom . import b\nimport frappe", 0),
		("api/a.py", "from storegroup_oms.orders import lifecycle", 0),
		("install.py", "from storegroup_oms.api import orders", 0),
		("orders/a.py", "from storegroup_oms.exceptions import OMSError", 0),
	],
)
def test_an_import_against_the_direction_is_found(app, name, text, faults):
	assert len(imports.find_upward_imports(app(name, text), app.root)) == faults


@pytest.mark.parametrize(
	("name", "text", "faults"),
	[
		("customers/masking.py", "import frappe", 1),
		("orders/importing/parse.py", "from frappe.utils import cint", 1),
		("orders/importing/parse.py", "from storegroup_oms.orders import events", 1),
		(
			"orders/importing/parse.py",
			"from .cells import read\nfrom storegroup_oms.orders.money import add",
			0,
		),
		("orders/events.py", "import frappe", 0),
	],
)
def test_an_impure_import_is_found(app, name, text, faults):
	assert len(imports.find_impure_imports(app(name, text), app.root)) == faults


def test_a_foreign_import_of_the_runtime_is_found(app):
	path = app("cli.py", "import json, requests\nfrom runtime.bench import Bench\nfrom frappe import _")

	assert [fault.split(" imports ")[1] for fault in imports.find_foreign_imports(path)] == [
		"requests",
		"frappe._",
	]


# Endpoints


def test_endpoints_are_typed_and_guarded():
	functions = endpoints.Functions(APP_CODE)

	assert [fault for path in APP_CODE for fault in endpoints.find_faults(path, functions)] == []


GUARD = "frappe.has_permission('Order', throw=True)"


@pytest.mark.parametrize(
	("text", "faults"),
	[
		(f"@frappe.whitelist(methods=['POST'])\ndef f(a: str) -> None:\n\t{GUARD}", []),
		(f"@frappe.whitelist()\ndef f(a: str) -> None:\n\t{GUARD}", ["names no HTTP methods"]),
		(f"@frappe.whitelist\ndef f(a: str) -> None:\n\t{GUARD}", ["names no HTTP methods"]),
		(f"@frappe.whitelist(methods=['POST'])\ndef f(a) -> None:\n\t{GUARD}", ["is not typed: a"]),
		(f"@frappe.whitelist(methods=['POST'])\ndef f(a: str, **b) -> None:\n\t{GUARD}", ["is not typed: b"]),
		(f"@frappe.whitelist(methods=['POST'])\ndef f(a: str):\n\t{GUARD}", ["is not typed: its answer"]),
		("@frappe.whitelist(methods=['POST'])\ndef f() -> None:\n\twork()", ["asks for no permission"]),
		("@frappe.whitelist(methods=['GET'], allow_guest=True)\ndef f() -> None:\n\twork()", []),
		(f"@frappe.whitelist(methods=['POST'])\ndef f() -> None:\n\tg()\ndef g():\n\t{GUARD}", []),
		(
			"@frappe.whitelist(methods=['POST'])\ndef f() -> None:\n\tg()\ndef g():\n\tf()",
			["asks for no permission"],
		),
		("def f(a):\n\tpass", []),
	],
)
def test_a_careless_endpoint_is_found(app, text, faults):
	path = app("api.py", text)

	found = endpoints.find_faults(path, endpoints.Functions([path]))

	assert [fault.removeprefix("api.py: f ") for fault in found] == faults
