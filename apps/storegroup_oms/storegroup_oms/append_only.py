"""Records that are written once: refuses to change or delete them by document, for everyone."""

import frappe
from frappe import _

from storegroup_oms.exceptions import AppendOnlyError


class AppendOnlyMixin:
	"""Put before `Document` in the bases of a controller whose rows are history.

	The Administrator is refused too. Not covered, on purpose: SQL, and the
	clean-up of logs by age, which deletes by query.
	"""

	def before_save(self) -> None:
		"""Refuse to save a row that is already stored.

		Raises AppendOnlyError.
		"""
		if not self.is_new():
			refuse(self.doctype, self.name)

	def on_trash(self) -> None:
		"""Refuse to delete the row, except while its app is uninstalled.

		Raises AppendOnlyError.
		"""
		if not frappe.flags.in_uninstall:
			refuse(self.doctype, self.name)

	def before_rename(self, old: str, new: str, merge: bool = False) -> None:
		"""Refuse to rename the row. Raises AppendOnlyError."""
		refuse(self.doctype, old)


def refuse(doctype: str, name: str) -> None:
	"""Raise AppendOnlyError that names the record."""
	frappe.throw(
		_("{0} {1} is history and can neither be changed nor deleted. Add a new entry instead.").format(
			_(doctype), name
		),
		exc=AppendOnlyError,
		title=_("Kept as Written"),
	)
