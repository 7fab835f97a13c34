"""Commands for `bench --site SITE …`."""

import click
import frappe
from frappe.commands import get_site, pass_context


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


commands = [import_orders]
