"""Frappe's source: names restored, wrong files refused, nothing left half-made."""

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from runtime import source
from runtime.report import Failure


@pytest.mark.parametrize(
	("text", "restored"),
	[
		("import criscostack", "import frappe"),
		("CriscostackTestCase CRISCOSTACK_ENV", "FrappeTestCase FRAPPE_ENV"),
		("Criscoerp criscoerp Crisco Cloud", "ERPNext erpnext Frappe Cloud"),
		("criscostack.utils.brik_helper", "frappe.utils.bench_helper"),
		("nothing foreign", "nothing foreign"),
	],
)
def test_names_are_restored(text, restored):
	assert source.restore_names(text) == restored
	assert source.restore_names(restored) == restored


def make_wheel(folder: Path, **files: bytes) -> Path:
	path = folder / "a.whl"
	with zipfile.ZipFile(path, "w") as archive:
		for name, content in files.items():
			archive.writestr(name, content)
	return path


def test_unpacking_restores_names_in_paths_and_texts_and_leaves_pictures(tmp_path):
	wheel = make_wheel(
		tmp_path,
		**{
			"criscostack/a.py": b"import criscostack\n",
			"criscostack/logo.png": b"\x89PNG\xff criscostack",
			"criscostack-1.0.dist-info/RECORD": b"",
			"criscostack/.DS_Store": b"",
		},
	)

	digest, count = source.unpack(wheel, tmp_path / "tree")

	assert count == 2
	assert len(digest) == 64
	assert (tmp_path / "tree" / "frappe" / "a.py").read_text() == "import frappe\n"
	assert (tmp_path / "tree" / "frappe" / "logo.png").read_bytes() == b"\x89PNG\xff criscostack"
	assert sorted(path.name for path in (tmp_path / "tree" / "frappe").iterdir()) == ["a.py", "logo.png"]


def test_a_file_outside_its_folder_is_refused(tmp_path):
	wheel = make_wheel(tmp_path, **{"../../evil.py": b"x"})

	with pytest.raises(Failure):
		source.unpack(wheel, tmp_path / "deep" / "tree")
	assert not (tmp_path / "evil.py").exists()


def fake_download(monkeypatch, *, content: bytes | None, stderr: str = "") -> None:
	def run(command, **_options):
		if content is not None:
			(Path(command[command.index("--dest") + 1]) / "a.whl").write_bytes(content)
		return subprocess.CompletedProcess(command, 0 if content is not None else 1, "", stderr)

	monkeypatch.setattr(subprocess, "run", run)


def assert_nothing_made(bench) -> None:
	assert not bench.frappe.exists()
	assert list(bench.frappe.parent.iterdir()) == []
	assert not bench.is_stamped("frappe", source.TREE_SHA256)


def test_no_network_is_a_failure_with_a_cure(bench, monkeypatch):
	fake_download(
		monkeypatch, content=None, stderr="WARNING: Retrying\nERROR: No matching distribution found\n\n"
	)

	with pytest.raises(Failure) as caught:
		source.ensure_frappe(bench)

	assert caught.value.cause.endswith("could not be fetched: ERROR: No matching distribution found")
	assert "Check the network" in caught.value.cure
	assert_nothing_made(bench)


def test_another_wheel_than_the_pinned_one_is_refused(bench, monkeypatch):
	fake_download(monkeypatch, content=b"not the wheel")

	with pytest.raises(Failure) as caught:
		source.ensure_frappe(bench)

	assert hashlib.sha256(b"not the wheel").hexdigest()[:12] in caught.value.cause
	assert "Don't use it" in caught.value.cure
	assert_nothing_made(bench)


def test_another_tree_than_the_expected_one_is_refused(bench, monkeypatch, tmp_path):
	content = make_wheel(tmp_path, **{"criscostack/a.py": b"import criscostack\n"}).read_bytes()
	monkeypatch.setattr(source, "WHEEL_SHA256", hashlib.sha256(content).hexdigest())
	fake_download(monkeypatch, content=content)

	with pytest.raises(Failure) as caught:
		source.ensure_frappe(bench)

	assert "not the expected one (1 files" in caught.value.cause
	assert_nothing_made(bench)


def test_the_expected_tree_is_made_once(bench, monkeypatch, tmp_path):
	wheel = make_wheel(tmp_path, **{"criscostack/__init__.py": b"import criscostack\n"})
	digest, count = source.unpack(wheel, tmp_path / "tree")
	monkeypatch.setattr(source, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
	monkeypatch.setattr(source, "TREE_SHA256", digest)
	monkeypatch.setattr(source, "TREE_FILES", count)
	fake_download(monkeypatch, content=wheel.read_bytes())

	assert source.ensure_frappe(bench) is True
	assert (bench.frappe / "frappe" / "__init__.py").read_text() == "import frappe\n"
	assert source.ensure_frappe(bench) is False
