"""Frappe's source from a package registry: one pinned wheel, its names restored.

The wheel `criscostack` 1.0.0 (MIT) carries Frappe 15.0.0-dev of August 2023 under other names. Its
hash is pinned, and so is the hash over the restored tree: what runs is exactly what was looked at.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from runtime.bench import Bench, explain_os_error
from runtime.report import Failure, step

WHEEL = "criscostack==1.0.0"
WHEEL_SHA256 = "dc58aaf29c59b7666edc953596e5b31f77d7286b2ed6b14c6a205b217c210349"
TREE_SHA256 = "811c1f8a969d182a9b8d84b018f9c4fbb8e409688166271e689896ab3b92cced"
TREE_FILES = 2900

RESTORED_NAMES = (
	("criscostack", "frappe"),
	("Criscostack", "Frappe"),
	("CRISCOSTACK", "FRAPPE"),
	("Criscoerp", "ERPNext"),
	("criscoerp", "erpnext"),
	("Crisco", "Frappe"),
	("brik_helper", "bench_helper"),
)


def restore_names(text: str) -> str:
	for foreign, own in RESTORED_NAMES:
		text = text.replace(foreign, own)
	return text


def ensure_frappe(bench: Bench) -> bool:
	"""Make `apps/frappe` from the wheel; True when something was done.

	The tree is built beside its place and renamed at the end, so that a killed run leaves nothing half-made.
	Raises Failure when the wheel can't be fetched or isn't the one expected.
	"""
	if bench.is_stamped("frappe", TREE_SHA256) and (bench.frappe / "frappe" / "__init__.py").exists():
		return False
	bench.frappe.parent.mkdir(parents=True, exist_ok=True)
	with (
		step("Restoring Frappe from its wheel"),
		tempfile.TemporaryDirectory(prefix=".frappe-", dir=bench.frappe.parent) as scratch,
	):
		wheel = _download(bench, Path(scratch))
		tree = Path(scratch) / "tree"
		digest, count = unpack(wheel, tree)
		if (digest, count) != (TREE_SHA256, TREE_FILES):
			raise Failure(
				f"The restored Frappe tree is not the expected one ({count} files, hash {digest[:12]}…).",
				"Update this checkout (git pull); if it stays so, report it: runtime/source.py pins the tree.",
			)
		try:
			shutil.rmtree(bench.frappe, ignore_errors=True)
			os.replace(tree, bench.frappe)
		except OSError as error:
			raise explain_os_error(error) from error
	bench.stamp("frappe", TREE_SHA256)
	return True


def _download(bench: Bench, folder: Path) -> Path:
	# The environment's own pip: Debian's Python comes without one.
	command = [str(bench.python), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
	result = subprocess.run(
		[*command, "--dest", str(folder), WHEEL], capture_output=True, text=True, check=False
	)
	wheels = list(folder.glob("*.whl"))
	if result.returncode or len(wheels) != 1:
		raise Failure(
			f"The package {WHEEL} could not be fetched: {_last_line(result.stderr)}",
			"Check the network and pip's settings, then run the same command again.",
		)
	digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
	if digest != WHEEL_SHA256:
		raise Failure(
			f"The fetched {WHEEL} is not the pinned file (hash {digest[:12]}…).",
			"Don't use it. Check where pip fetches from; the expected hash stands in runtime/source.py.",
		)
	return wheels[0]


def unpack(wheel: Path, target: Path) -> tuple[str, int]:
	"""Unpack the wheel with restored names; returns (hash over names and contents, number of files)."""
	digest = hashlib.sha256()
	count = 0
	with zipfile.ZipFile(wheel) as archive:
		members = sorted(
			(restore_names(member.filename), member)
			for member in archive.infolist()
			if not member.is_dir()
			and ".dist-info/" not in member.filename
			and not member.filename.endswith(".DS_Store")
		)
		for name, member in members:
			content = archive.read(member)
			with contextlib.suppress(UnicodeDecodeError):  # pictures and fonts hold no names
				content = restore_names(content.decode()).encode()
			path = target / name
			if not path.resolve().is_relative_to(target.resolve()):
				raise Failure(
					f"The wheel holds a file outside its folder: {name}.", "Don't use it; report it."
				)
			path.parent.mkdir(parents=True, exist_ok=True)
			path.write_bytes(content)
			digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
			count += 1
	return digest.hexdigest(), count


def _last_line(text: str) -> str:
	lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
	return lines[-1][:300] if lines else "no answer"
