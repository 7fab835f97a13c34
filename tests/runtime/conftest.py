"""A checkout in a temporary folder, and what tests of the runtime do to the machine around it."""

import subprocess
from pathlib import Path

import pytest

from runtime.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
	"""An empty checkout with its folders."""
	made = Bench(tmp_path / "checkout")
	made.ensure_folders()
	return made


@pytest.fixture
def commands(monkeypatch):
	"""Programs are not run but noted; `commands.answer(returncode, stdout, stderr)` sets what they say."""

	class Commands(list):
		result = (0, "", "")

		def answer(self, returncode: int, stdout: str = "", stderr: str = "") -> None:
			self.result = (returncode, stdout, stderr)

	noted = Commands()

	def run(command, **_options):
		noted.append([str(part) for part in command])
		return subprocess.CompletedProcess(command, *noted.result)

	monkeypatch.setattr(subprocess, "run", run)
	return noted
