"""Refusals as other systems read them: an `error` object beside what Frappe answers."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import frappe

from storegroup_oms.exceptions import ApiRequestError, OMSError

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def answers_errors(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
	"""Decorator of an endpoint: puts {code, path, message} into the answer and leaves tracebacks out of it."""

	@wraps(function)
	def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
		try:
			return function(*args, **kwargs)
		except ApiRequestError as error:
			_put(error.code, error.path, str(error))
			raise
		except frappe.PermissionError as error:
			_put("not_permitted", "", str(error))
			raise
		except frappe.DoesNotExistError as error:
			_put("not_found", "", str(error))
			raise
		except OMSError as error:
			_put("refused", "", str(error))
			raise

	return call


def _put(code: str, path: str, message: str) -> None:
	frappe.local.response["error"] = {"code": code, "path": path, "message": message}
	frappe.local.flags.disable_traceback = True
