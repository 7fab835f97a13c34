"""Source strings without a Chinese translation: `env/bin/python tests/house/untranslated.py` prints them.

Each line: the string as JSON, a tab, the file of its first use. Exit code 1 when there are any.
"""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.house import sources, tree

OURS = tree.APP / "translations" / "zh.csv"
FRAPPES = tree.ROOT / "apps" / "frappe" / "frappe" / "translations" / "zh.csv"


def find_missing(strings: dict[str, str], *translations: dict[str, str]) -> dict[str, str]:
	"""Those of the strings (text → file) that no translation has, or only an empty one."""
	return {
		text: path for text, path in strings.items() if not any(known.get(text) for known in translations)
	}


def find_wrong_placeholders(translations: dict[str, str]) -> list[str]:
	"""Sources whose translation names other placeholders."""

	def read(text: str) -> list[str]:
		return sorted(re.findall(r"\{\w*\}", text))

	return [
		text for text, translation in translations.items() if translation and read(text) != read(translation)
	]


def main() -> int:
	findings = sources.collect()
	missing = find_missing(
		findings.strings, sources.read_translations(OURS), sources.read_translations(FRAPPES)
	)
	for text, path in missing.items():
		print(f"{json.dumps(text, ensure_ascii=False)}\t{path}")
	for fault in findings.faults:
		print(f"! {fault}", file=sys.stderr)
	print(f"{len(missing)} of {len(findings.strings)} strings are untranslated.", file=sys.stderr)
	return 1 if missing else 0


if __name__ == "__main__":
	sys.exit(main())
