"""What no committed file may hold, and what must lead somewhere."""

import ast
import re
from pathlib import Path

from tests.house import tree

# Put together from parts, so that this file doesn't find itself.
FORBIDDEN = {
	"an absolute path of one machine": re.compile(
		r"(?<![\w.$}~-])/(?:"
		+ "|".join(("wor" + "k/", "hom" + r"e/\w", "roo" + "t/", "Use" + r"rs/\w"))
		+ ")"
	),
	"the host name of a package registry": re.compile(
		"|".join(
			(
				r"py" + r"pi\.org",
				r"pythonhos" + r"ted\.org",
				r"registry\.np" + r"mjs",
				r"np" + r"mjs\.org",
				r"deb\.deb" + r"ian\.org",
			)
		)
	),
	"a private key": re.compile("-----BEGIN [A-Z ]*PRIV" + "ATE KEY"),
	"an access token": re.compile(
		r"\b(?:AK" + r"IA[0-9A-Z]{16}|gh" + r"[pousr]_[A-Za-z0-9]{36}|xox" + r"[bap]-[0-9A-Za-z-]{20,})"
	),
	"a merge conflict": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")


def read_text(path: Path) -> str | None:
	"""The text of a file, or None for a picture or another binary."""
	data = path.read_bytes()
	if b"\0" in data[:8000]:
		return None
	return data.decode(errors="replace")


def find_forbidden(path: Path) -> list[str]:
	"""Lines of one file that hold what must not be committed."""
	text = read_text(path)
	if text is None:
		return []
	return [
		f"{tree.show(path)}:{text.count(chr(10), 0, match.start()) + 1} holds {what}: {match.group(0)[:40]}"
		for what, pattern in FORBIDDEN.items()
		for match in pattern.finditer(text)
	]


def find_unexplained_permission_skips(path: Path) -> list[str]:
	"""Lines with `ignore_permissions` whose statement has no comment on it, within it or above it."""
	lines = path.read_text().splitlines()
	found = []
	for node in ast.walk(tree.parse(path)):
		if not isinstance(node, ast.stmt) or hasattr(node, "body"):
			continue
		skips = [part.lineno for part in ast.walk(node) if skips_permissions(part)]
		block = lines[node.lineno - 1 : node.end_lineno]
		above = lines[node.lineno - 2].strip() if node.lineno > 1 else ""
		if skips and not above.startswith("#") and not any("#" in line for line in block):
			found.append(f"{tree.show(path)}:{min(skips)} skips permissions without a reason")
	return found


def skips_permissions(node: ast.AST) -> bool:
	name = node.arg if isinstance(node, ast.keyword) else node.attr if isinstance(node, ast.Attribute) else ""
	return name == "ignore_permissions"


def find_dead_links(path: Path) -> list[str]:
	"""Relative links of one Markdown file that lead nowhere."""
	found = []
	text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
	for match in LINK.finditer(text):
		target = (match.group(1) or match.group(2)).partition("#")[0]
		if target and not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
			found.append(f"{tree.show(path)} links to {target}, which doesn't exist")
	return found


def has_tests(path: Path) -> bool:
	"""True when a test file holds at least one test."""
	return any(function.name.startswith("test_") for function in tree.list_functions(tree.parse(path)))


def find_unresolved_patches(listing: Path, app: Path) -> list[str]:
	"""Lines of patches.txt that name no module with an `execute` function."""
	found = []
	for line in listing.read_text().splitlines():
		name = line.split("#")[0].strip()
		if not name or name.startswith("["):
			continue
		if name.startswith(("execute:", "finally:")):
			try:
				ast.parse(name.partition(":")[2])
			except SyntaxError:
				found.append(f"{name} can't be read")
			continue
		path = app.parent / Path(*name.split()[0].split(".")).with_suffix(".py")
		if not path.exists() or "execute" not in {
			function.name for function in tree.list_functions(tree.parse(path))
		}:
			found.append(f"{name} has no function execute")
	return found


def parse_lock(path: Path) -> dict[str, tuple[int, ...]]:
	"""Release of each package of a requirements lock, as numbers."""
	found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([0-9.]+)", path.read_text(), re.MULTILINE)
	return {
		name.lower().replace("_", "-"): tuple(int(part) for part in release.strip(".").split("."))
		for name, release in found
	}


def find_old_releases(lock: dict[str, tuple[int, ...]], floors: dict[str, str]) -> list[str]:
	"""Packages that are missing from a lock, or older than their floor; a floor with == must be met exactly."""
	found = []
	for name, floor in floors.items():
		exact = floor.startswith("==")
		wanted = tuple(int(part) for part in floor.removeprefix("==").split("."))
		have = lock.get(name)
		if have is None or (have != wanted if exact else have < wanted):
			found.append(f"{name} is {'.'.join(map(str, have)) if have else 'missing'}, wanted {floor}")
	return found
