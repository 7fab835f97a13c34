"""Stand-ins for cloud back-up libraries that Frappe imports at start and this runtime leaves out.

Frappe 15 loads its Google, Dropbox and S3 DocTypes on installation, and they import 150 MB of client
libraries that the product never calls. Each import finds a module whose names are exceptions saying
so. A library that is really installed wins. Copied into the environment and switched on by a .pth line.
"""

import importlib.abc
import importlib.machinery
import sys
import types

ABSENT = ("apiclient", "boto3", "botocore", "dropbox", "google", "google_auth_oauthlib", "googleapiclient")


class NotInstalledError(ImportError):
	"""Raised when something of a left-out library is used."""


class _AbsentModule(types.ModuleType):
	__path__: tuple[str, ...] = ()

	def __getattr__(self, name: str):
		if name.startswith("__"):
			raise AttributeError(name)
		library = self.__name__.partition(".")[0]

		def refuse(_self, *_arguments, **_options):
			raise NotInstalledError(
				f"{library} is not part of this runtime. To use it: env/bin/pip install {library}"
			)

		return type(name, (NotInstalledError,), {"__init__": refuse})


class _AbsentFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
	def find_spec(self, fullname, path=None, target=None):
		if fullname.partition(".")[0] in ABSENT:
			return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
		return None

	def create_module(self, spec):
		return _AbsentModule(spec.name)

	def exec_module(self, module):
		pass


def install() -> None:
	"""Put the finder last, so that any installed library is found before it. Idempotent."""
	if not any(isinstance(finder, _AbsentFinder) for finder in sys.meta_path):
		sys.meta_path.append(_AbsentFinder())
