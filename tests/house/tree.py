"""The files of the repository, as git sees them, and what a Python file holds."""

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "apps" / "storegroup_oms" / "storegroup_oms"
RUNTIME = ROOT / "runtime"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache
def list_files() -> tuple[Path, ...]:
	"""Every file that is committed or about to be; ignored ones are left out."""
	command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
	names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
	return tuple(sorted({ROOT / name for name in names if name and (ROOT / name).is_file()}))


def list_app_files(*suffixes: str) -> list[Path]:
	return [path for path in list_files() if path.is_relative_to(APP) and path.suffix in suffixes]


def is_test(path: Path) -> bool:
	return path.name.startswith("test_") or path.name == "conftest.py" or "tests" in path.parts


def show(path: Path) -> str:
	return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def parse(path: Path) -> ast.Module:
	return ast.parse(path.read_text(), filename=str(path))


def list_functions(tree: ast.Module) -> Iterator[Function]:
	return (node for node in ast.walk(tree) if isinstance(node, Function))


def count_code_lines(text: str) -> set[int]:
	"""Numbers of the lines that hold code: no blanks, comments, docstrings, nor Frappe's generated type block."""
	lines: set[int] = set()
	quiet = (
		tokenize.COMMENT,
		tokenize.NL,
		tokenize.NEWLINE,
		tokenize.INDENT,
		tokenize.DEDENT,
		tokenize.ENDMARKER,
	)
	for token in tokenize.generate_tokens(io.StringIO(text).readline):
		if token.type not in quiet:
			lines.update(range(token.start[0], token.end[0] + 1))
	for node in ast.walk(ast.parse(text)):
		if (
			isinstance(node, ast.Module | ast.ClassDef | Function)
			and ast.get_docstring(node, clean=False) is not None
		):
			lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
	return lines - find_generated_lines(text)


def find_generated_lines(text: str) -> set[int]:
	numbered = list(enumerate(text.splitlines(), 1))
	starts = [number for number, line in numbered if "# begin: auto-generated types" in line]
	ends = [number for number, line in numbered if "# end: auto-generated types" in line]
	return {line for start, end in zip(starts, ends, strict=False) for line in range(start, end + 1)}
