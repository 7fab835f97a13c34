"""Nothing secret or local is committed, what is named exists, and the code is formatted."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import hygiene, tree

# What Frappe and its surroundings can't do without: releases of mid-2023. With == where newer ones break it.
FLOORS = {
	"cryptography": "41",
	"gunicorn": "20.1",
	"jinja2": "3.1",
	"pillow": "9.5",
	"pydantic": "2",
	"pymysql": "==1.0.3",
	"pypika": "==0.48.9",
	"redis": "4.5.5",
	"requests": "2.31",
	"rq": "1.15.1",
	"werkzeug": "2.3",
}
CODE = [path for path in tree.list_files() if path.suffix == ".py"]


def write(folder: Path, name: str, text: str) -> Path:
	path = folder / name
	path.write_text(text)
	return path


def test_no_file_holds_what_must_not_be_committed():
	assert [fault for path in tree.list_files() for fault in hygiene.find_forbidden(path)] == []


@pytest.mark.parametrize(
	"text",
	[
		"open('/wor" + "k/main/oms')",
		"/hom" + "e/someone/file",
		"see /roo" + "t/notes",
		"https://py" + "pi.org/simple",
		"https://registry.np" + "mjs.org/vue",
		"-----BEGIN RSA PRIV" + "ATE KEY-----",
		"AK" + "IAABCDEFGHIJKLMNOP",
		"gh" + "p_" + "a" * 36,
		"<" * 7 + " HEAD",
	],
)
def test_what_must_not_be_committed_is_found(tmp_path, text):
	assert len(hygiene.find_forbidden(write(tmp_path, "a.txt", f"first line\n{text}\n"))) == 1


@pytest.mark.parametrize(
	"text", ["api/method/work/x", "/workspace/x", "homework/x", "a" * 40, "https://example.com/home/x"]
)
def test_harmless_texts_pass(tmp_path, text):
	assert hygiene.find_forbidden(write(tmp_path, "a.txt", text)) == []


def test_a_binary_is_not_read(tmp_path):
	path = tmp_path / "a.png"
	path.write_bytes(b"\x89PNG\0/wor" + b"k/main")

	assert hygiene.find_forbidden(path) == []


def test_permissions_are_skipped_for_a_reason_only():
	files = [path for path in CODE if not tree.is_test(path)]

	assert [fault for path in files for fault in hygiene.find_unexplained_permission_skips(path)] == []


@pytest.mark.parametrize(
	("text", "faults"),
	[
		("doc.insert(ignore_permissions=True)", 1),
		("doc.flags.ignore_permissions = True", 1),
		("doc.insert(ignore_permissions=True)  # the job has no user", 0),
		("# the job has no user\ndoc.insert(ignore_permissions=True)", 0),
		("make(\n\t{}\n).insert(ignore_permissions=True)", 1),
		("# runs at installation\nmake(\n\t{}\n).insert(ignore_permissions=True)", 0),
		("doc.insert()  # never ignore_permissions here", 0),
		("word = 'ignore_permissions'", 0),
	],
)
def test_an_unexplained_skip_is_found(tmp_path, text, faults):
	assert len(hygiene.find_unexplained_permission_skips(write(tmp_path, "a.py", text))) == faults


def test_links_of_the_documents_resolve():
	documents = [path for path in tree.list_files() if path.suffix == ".md"]

	assert documents
	assert [fault for path in documents for fault in hygiene.find_dead_links(path)] == []


def test_a_dead_link_is_found(tmp_path):
	write(tmp_path, "there.md", "")
	text = "[a](there.md#part) [b](gone.md) ![c](gone.png) [d](https://example.com/x) [e](#part)\n```\n[f](code.md)\n```"

	assert [fault.split(" ")[3] for fault in hygiene.find_dead_links(write(tmp_path, "a.md", text))] == [
		"gone.md,",
		"gone.png,",
	]


def test_no_test_file_is_empty():
	files = [path for path in CODE if path.name.startswith("test_")]

	assert [tree.show(path) for path in files if not hygiene.has_tests(path)] == []


def test_an_empty_test_file_is_found(tmp_path):
	assert not hygiene.has_tests(write(tmp_path, "test_a.py", "class TestNothing:\n\tdef setup(self): ..."))
	assert hygiene.has_tests(write(tmp_path, "test_b.py", "class TestOne:\n\tdef test_one(self): ..."))


def test_patches_resolve():
	assert hygiene.find_unresolved_patches(tree.APP / "patches.txt", tree.APP) == []


def test_an_unresolved_patch_is_found(tmp_path):
	app = tmp_path / "storegroup_oms"
	app.mkdir()
	write(app, "good.py", "def execute(): ...")
	write(app, "idle.py", "def run(): ...")
	lines = "[pre_model_sync]\n# comment\nstoregroup_oms.good #2\nstoregroup_oms.idle\nstoregroup_oms.gone\n"
	listing = write(tmp_path, "patches.txt", lines + "execute:frappe.clear_cache()\nexecute:1 +\n")

	assert hygiene.find_unresolved_patches(listing, app) == [
		"storegroup_oms.idle has no function execute",
		"storegroup_oms.gone has no function execute",
		"execute:1 + can't be read",
	]


def test_locked_releases_are_not_older_than_what_was_tried():
	lock = hygiene.parse_lock(tree.RUNTIME / "requirements.lock")

	assert len(lock) > 50
	assert hygiene.find_old_releases(lock, FLOORS) == []


def test_an_old_release_is_found(tmp_path):
	lock = hygiene.parse_lock(
		write(tmp_path, "a.lock", "rq==1.15.0 \\\n    --hash=x\nPyMySQL==1.1.0\nredis[hiredis]==5.0\n")
	)

	assert lock == {"rq": (1, 15, 0), "pymysql": (1, 1, 0), "redis": (5, 0)}
	assert hygiene.find_old_releases(
		lock, {"rq": "1.15.1", "pymysql": "==1.0.3", "redis": "4.5.5", "jinja2": "3"}
	) == [
		"rq is 1.15.0, wanted 1.15.1",
		"pymysql is 1.1.0, wanted ==1.0.3",
		"jinja2 is missing, wanted 3",
	]


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_is_content(command):
	result = run_ruff([*command, str(tree.ROOT)])

	assert result.returncode == 0, result.stdout[-6000:]


@pytest.mark.parametrize(
	("command", "text"),
	[(["check"], "import os\n"), (["format", "--check"], "a = {  'b':1 }\n")],
	ids=["lint", "format"],
)
def test_ruff_would_find_a_fault(tmp_path, command, text):
	settings = ["--config", str(tree.ROOT / "pyproject.toml")]

	assert run_ruff([*command, *settings, str(write(tmp_path, "bad.py", text))]).returncode == 1


def run_ruff(arguments: list[str]) -> subprocess.CompletedProcess:
	ruff = Path(sys.executable).with_name("ruff")
	return subprocess.run([ruff, *arguments], capture_output=True, text=True, check=False, cwd=tree.ROOT)
