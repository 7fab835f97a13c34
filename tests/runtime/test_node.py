"""The realtime server's and the asset build's own tests, run by the node that the bench runs."""

import os
import subprocess
from pathlib import Path

import pytest

from runtime.bench import Bench

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", ["realtime", "assets"])
def test_node_tests_pass(folder: str) -> None:
	bench = Bench(ROOT)
	files = sorted(str(file) for file in (ROOT / "runtime" / folder / "test").glob("*.test.mjs"))
	assert files
	result = subprocess.run(
		[str(bench.node), "--test", *files],
		cwd=ROOT / "runtime" / folder,
		env=os.environ | {"PATH": bench.search_path},
		capture_output=True,
		text=True,
		check=False,
	)
	assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
	assert "# fail 0" in result.stdout or "ℹ fail 0" in result.stdout
