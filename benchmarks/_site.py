"""The site that a benchmark runs on, and its figures printed as every benchmark prints them."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import frappe

ROOT = Path(os.environ["OMS_ROOT"])


@contextmanager
def open_site() -> Iterator[None]:
	"""A connection to the site that `./oms benchmark` has chosen; changes the working folder to the bench's sites."""
	os.chdir(ROOT / "sites")
	frappe.init(os.environ["OMS_SITE"], sites_path=".")
	frappe.connect()
	try:
		yield
	finally:
		frappe.destroy()


def print_figures(figures: Mapping[str, float], as_json: bool) -> None:
	"""Print a line for each figure, then, where asked for, all as one JSON object in the last line."""
	for name, value in figures.items():
		print(f"{name:24} {value:>12,}")
	if as_json:
		print(json.dumps(figures))
