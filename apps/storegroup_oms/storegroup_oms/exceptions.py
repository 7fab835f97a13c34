"""Every error that the product raises on purpose.

`OMSError` and its children are rules: what the user asked for is refused, with a sentence that
says what happened, which record, and what to do. Code decides by class, never by text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import frappe


class OMSError(frappe.ValidationError):
	"""A rule of the product refuses the request. HTTP 417."""


class AppendOnlyError(OMSError):
	"""A row of a ledger or log was about to be changed or deleted. Write a reversing row instead."""


class InvalidValueError(OMSError):
	"""A field holds a value that the field's rule refuses."""


class InvalidTransitionError(OMSError):
	"""The order life cycle doesn't lead from the present status to the wanted one."""


class DuplicateOrderError(OMSError):
	"""The shop already has an order of this platform number."""


class BundleCycleError(OMSError):
	"""A bundle contains itself, directly or through another bundle."""


@dataclass(frozen=True)
class Shortage:
	"""Pieces of a SKU in a warehouse that were wanted, and how many there were to have."""

	sku: str
	warehouse: str
	wanted: int
	free: int


class InsufficientStockError(OMSError):
	"""More would leave or be promised than is there. `shortages` names every SKU that is short."""

	def __init__(self, message: str = "", shortages: Sequence[Shortage] = ()) -> None:
		super().__init__(message)
		self.shortages = list(shortages)


class BusyError(frappe.QueryDeadlockError):
	"""The database ended the transaction for somebody else's sake, told for a person; one may try again. HTTP 409.

	No rule of ours, so that nobody takes it for one and goes on in a transaction that is gone.
	"""

	http_status_code = 409


class RevealLimitError(OMSError):
	"""The user has revealed as many contacts today as the settings allow."""


class NameTakenError(OMSError):
	"""Another app on the site owns a DocType of a name that this app needs."""


class ImportStateError(OMSError):
	"""The order file can't be checked or loaded in the state it is in."""


class ApiRequestError(OMSError):
	"""A request to the open API is refused. HTTP 422. `code` is for programs, `path` names the wrong part."""

	http_status_code = 422

	def __init__(self, message: str = "", code: str = "invalid", path: str = "") -> None:
		super().__init__(message)
		self.code = code
		self.path = path


class ApiConflictError(ApiRequestError):
	"""The request doesn't fit the present state of what it is about. HTTP 409."""

	http_status_code = 409
