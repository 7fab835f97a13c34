"""Whether an account works, and how many numbers it has left."""

import frappe
from frappe import _
from frappe.utils import now_datetime

from storegroup_oms.connectors.errors import ConnectorError, CredentialError
from storegroup_oms.couriers.waybills import accounts, advice
from storegroup_oms.couriers.waybills.lines import Lines


def check(name: str) -> list[dict]:
	"""Ask an account's service about each courier: rows of courier, ok, balance (None: not told) and message.

	What was counted is kept on the account. Commits.
	"""
	account, book = accounts.read_accounts([name])[name], accounts.Book()
	provider = account.provider
	rows = []
	with Lines() as lines:
		for courier in account.couriers:
			row = {"courier": courier, "ok": False, "balance": None, "message": ""}
			rows.append(row)
			if not book.get_code(account, courier):
				row["message"] = _("Courier {0} has no code at {1}. Enter it on the courier.").format(
					courier, _(provider)
				)
				continue
			try:
				row["balance"] = _ask(lines, book, account, courier)
				row["ok"] = True
			except ConnectorError as error:
				row["message"] = advice.describe(error, name)
				accounts.note_answer(name, error, row["message"])
				continue
			accounts.note_answer(name, None)
			frappe.db.set_value(
				"Waybill Account Courier",
				account.couriers[courier].name,
				{"balance": row["balance"] or 0, "balance_at": now_datetime()},
				update_modified=False,
			)
		frappe.db.commit()
	return rows


def _ask(lines: Lines, book: accounts.Book, account: accounts.Account, courier: str) -> int | None:
	contract = book.make_contract(account, courier)
	try:
		return lines.open(account).get_balance(contract)
	except CredentialError as error:
		if not lines.renew(account, error):
			raise
		return lines.open(account).get_balance(contract)
