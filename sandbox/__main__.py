"""`python -m sandbox`: bring the simulated platforms up on a loopback port."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import secrets
import sys
from pathlib import Path

from aiohttp import web

from .control import make_server
from .generator import COMPANY

MAX_ORDERS = 20_000


def main(arguments: list[str] | None = None) -> int:
	options = parse(arguments)
	if not is_loopback(options.host):
		print(f"The sandbox listens on loopback only, not on {options.host}.", file=sys.stderr)
		return 2
	logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
	app = make_server(
		token=ensure_token(options.token_file),
		data=options.data,
		company=options.company,
		seed=options.seed,
		live_per_minute=options.live,
		max_orders=MAX_ORDERS,
	)
	web.run_app(
		app,
		host=options.host,
		port=options.port,
		access_log=None,
		shutdown_timeout=1,
		print=lambda *_: print(f"Sandbox ready at http://{options.host}:{options.port}", flush=True),
	)
	return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="sandbox", description="Simulated platforms on one loopback port.")
	parser.add_argument("--port", type=int, required=True)
	parser.add_argument("--host", default="127.0.0.1")
	parser.add_argument("--token-file", type=Path, required=True, help="read, or made with mode 0600")
	parser.add_argument("--data", type=Path, help="SQLite file that keeps the world over a restart")
	parser.add_argument(
		"--company",
		type=Path,
		nargs="?",
		const=COMPANY,
		help="an empty world gets the shops of this folder (without a name: of the demo company)",
	)
	parser.add_argument("--seed", type=int, default=1)
	parser.add_argument(
		"--live", type=float, default=6, metavar="PER_MINUTE", help="simulated orders, 0: none"
	)
	return parser.parse_args(arguments)


def is_loopback(host: str) -> bool:
	"""Names other than localhost aren't looked up."""
	try:
		return host == "localhost" or ipaddress.ip_address(host).is_loopback
	except ValueError:
		return False


def ensure_token(path: Path) -> str:
	"""The control token of the file, which is made when it is missing or empty."""
	if path.exists() and (token := path.read_text().strip()):
		return token
	token = secrets.token_urlsafe(32)
	path.parent.mkdir(parents=True, exist_ok=True)
	path.unlink(missing_ok=True)
	with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
		file.write(token + "\n")
	return token


if __name__ == "__main__":
	sys.exit(main())
