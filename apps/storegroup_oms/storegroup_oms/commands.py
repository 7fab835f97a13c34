"""Commands for `bench --site SITE …`."""

import sys

import click
import frappe
from frappe.commands import get_site, pass_context

if "worker" in sys.argv or "worker-pool" in sys.argv:
	# A worker forks for each job: what it has imported before, no job imports again (0.4 s each).
	from storegroup_oms import preload  # noqa: F401


@click.command("import-orders")
@click.option("--shop", required=True, help="Name of the shop that the orders belong to")
@click.option(
	"--file", "path", required=True, type=click.Path(exists=True, dir_okay=False), help="CSV or xlsx"
)
@click.option("--check", is_flag=True, help="Only check the file, write nothing")
@click.option("--paid-without-status", type=click.Choice(["Completed", "To Review"]), default="Completed")
@pass_context
def import_orders(context, shop: str, path: str, check: bool, paid_without_status: str) -> None:
	"""Load a platform's order-report file into a shop; loading it twice changes nothing."""
	from storegroup_oms.orders import import_file

	with frappe.init_site(get_site(context)):
		frappe.connect()
		try:
			figures = import_file.load_file(shop, path, check, paid_without_status, _show_progress)
		finally:
			frappe.destroy()
	click.echo()
	for label, key in import_file.SHOWN_FIGURES:
		if figures.get(key) not in (None, ""):
			click.echo(f"{label:18} {figures[key]}")
	if figures["status"] == "Failed":
		raise SystemExit(1)


def _show_progress(done: int, total: int) -> None:
	click.echo(f"\r{done} of {total} rows", nl=False)


@click.command("oms-consumer")
@click.option("--port", type=int, help="Loopback port for signed messages that platforms post")
@pass_context
def run_consumer(context, port: int | None) -> None:
	"""Receive what platforms push, until stopped: message sockets and signed posts."""
	from storegroup_oms.connectors import consumer

	site = get_site(context)
	consumer.run(site, ".", port)


@click.command("oms-connect-shops")
@click.option("--file", "path", required=True, type=click.Path(exists=True, dir_okay=False), help="JSON")
@pass_context
def connect_shops(context, path: str) -> None:
	"""Give shops the access that a JSON file lists: platform_shop_id, gateway_url, app and tokens."""
	from storegroup_oms.setup import connect

	with frappe.init_site(get_site(context)):
		frappe.connect()
		try:
			for line in connect.connect_shops(path):
				click.echo(line)
			frappe.db.commit()
		finally:
			frappe.destroy()


@click.command("write-openapi")
@click.argument("path", type=click.Path(dir_okay=False))
def write_openapi(path: str) -> None:
	"""Write the open API's OpenAPI 3.1 document to a file; needs no site."""
	from pathlib import Path

	from storegroup_oms.open_api import document

	Path(path).write_text(document.dump(), encoding="utf-8")
	click.echo(f"{path} written")


commands = [import_orders, run_consumer, connect_shops, write_openapi]
