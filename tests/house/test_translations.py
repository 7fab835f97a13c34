"""Every string of the interface can be extracted and is there in Chinese."""

import json

import pytest

from tests.house import sources, tree, untranslated


@pytest.fixture(scope="module")
def findings() -> sources.Findings:
	return sources.collect()


@pytest.fixture
def extract(tmp_path):
	"""Run one extractor over a text; returns the findings."""

	def run(name: str, text: str) -> sources.Findings:
		path = tmp_path / name
		path.write_text(text)
		found = sources.Findings()
		kinds = {
			".py": sources.collect_python,
			".js": sources.collect_javascript,
			".json": sources.collect_json,
		}
		kinds[path.suffix](path, found)
		return found

	return run


def test_every_string_can_be_extracted(findings):
	assert findings.faults == []


def test_every_string_is_translated(findings):
	ours, frappes = (sources.read_translations(path) for path in (untranslated.OURS, untranslated.FRAPPES))

	missing = untranslated.find_missing(findings.strings, ours, frappes)

	assert list(missing) == [], (
		f"{len(missing)} missing; list them: env/bin/python tests/house/untranslated.py"
	)


def test_translations_keep_their_placeholders():
	assert untranslated.find_wrong_placeholders(sources.read_translations(untranslated.OURS)) == []


def test_the_collection_sees_every_kind_of_source(findings):
	expected = (
		"Order",  # a DocType
		"To Review",  # an option
		"Orders Are Kept",  # Python
		"Order created",  # a timeline event
		"Address Incomplete",  # a hold reason as a form shows it
		"Pending Review",  # a workflow state
		"OMS Order Clerk",  # a role
		"OMS Automation",  # a module
	)
	assert [text for text in expected if text not in findings.strings] == []
	assert any(path.endswith(".js") for path in findings.strings.values())
	assert any("workspace" in path for path in findings.strings.values())


@pytest.mark.parametrize(
	"code",
	[
		'_(f"Order {name} is late")',
		'_("Order " + name)',
		'_("Order {0}".format(name))',
		"_(sentence)",
		'frappe._(f"{x}")',
	],
)
def test_python_that_no_extractor_reads_is_found(extract, code):
	assert len(extract("bad.py", code).faults) == 1


def test_python_literals_are_read(extract):
	found = extract(
		"good.py", '_("One {0}").format(1)\n_(\n\t"Two "\n\t"halves"\n)\nrow = {"event": "Parcel left"}'
	)

	assert (set(found.strings), found.faults) == ({"One {0}", "Two halves", "Parcel left"}, [])


@pytest.mark.parametrize(
	"code", ["__(`Order ${name}`)", '__("Order " + name)', "__(sentence)", "__(a ? b : c)"]
)
def test_javascript_that_no_extractor_reads_is_found(extract, code):
	assert len(extract("bad.js", code).faults) == 1


def test_javascript_literals_are_read(extract):
	found = extract(
		"good.js", "__(\"It's {0}\", [x]); __('Say \"no\"'); __(`Plain`, null, 'ctx'); my__('not ours')"
	)

	assert (set(found.strings), found.faults) == ({"It's {0}", 'Say "no"', "Plain"}, [])


def test_records_are_read(extract):
	record = {
		"doctype": "DocType",
		"name": "Parcel",
		"description": "A parcel.",
		"fields": [
			{"fieldtype": "Select", "label": "Size", "options": "\nSmall\nLarge", "description": "How big"},
			{"fieldtype": "Link", "label": "Shop", "options": "Shop of another kind"},
			{"fieldtype": "Datetime", "label": "Sent At", "description": "When"},
		],
	}
	found = extract("parcel.json", json.dumps(record))

	words = {"Parcel", "A parcel.", "Size", "Small", "Large", "How big", "Shop", "Sent At", "When"}
	assert set(found.strings) == words | {"When<br>Asia/Shanghai"}


def test_a_missing_and_an_empty_translation_are_found(tmp_path):
	listing = tmp_path / "zh.csv"
	listing.write_text('Order,订单\nEmpty,\n"Comma, inside",逗号\n')
	strings = dict.fromkeys(["Order", "Empty", "Comma, inside", "Missing"], "a.py")

	assert list(untranslated.find_missing(strings, sources.read_translations(listing))) == [
		"Empty",
		"Missing",
	]
	assert list(untranslated.find_missing(strings, sources.read_translations(tmp_path / "none.csv"))) == list(
		strings
	)


def test_a_lost_placeholder_is_found():
	assert untranslated.find_wrong_placeholders(
		{"Row {0}: {1}": "第 {0} 行", "{0} of {1}": "{1} 中的 {0}"}
	) == ["Row {0}: {1}"]


def test_frappes_own_translations_count():
	if not untranslated.FRAPPES.exists():
		pytest.fail("apps/frappe is missing: run ./oms up or ./oms test first")
	assert sources.read_translations(untranslated.FRAPPES)["Save"]


def test_known_variables_are_all_used():
	"""An expression that no code uses any more would let the next one of that name slip through."""
	texts = "\n".join(path.read_text() for path in tree.list_app_files(".py", ".js"))

	assert [known for known in sources.KNOWN_VARIABLES if f"_({known})" not in texts] == []
