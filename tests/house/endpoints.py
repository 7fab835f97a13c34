"""Endpoints: typed, their HTTP methods named, permission asked."""

import ast
from pathlib import Path

from tests.house import tree

DEPTH = 4


class Functions:
	"""All functions of some files by name, to follow a call to the permission check behind it."""

	def __init__(self, paths: list[Path]) -> None:
		self.by_name: dict[str, list[tree.Function]] = {}
		for path in paths:
			for function in tree.list_functions(tree.parse(path)):
				self.by_name.setdefault(function.name, []).append(function)

	def asks_permission(self, function: tree.Function, depth: int = DEPTH) -> bool:
		"""True when the function, or one that it calls, asks for a permission."""
		names = {get_name(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
		if any("permission" in name or name in ("only_for", "get_list") for name in names):
			return True
		if not depth:
			return False
		called = (known for name in names for known in self.by_name.get(name, ()) if known is not function)
		return any(self.asks_permission(known, depth - 1) for known in called)


def get_name(node: ast.expr) -> str:
	return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def find_whitelist(function: tree.Function) -> ast.expr | None:
	"""The whitelist decorator of a function."""
	for decorator in function.decorator_list:
		call = decorator.func if isinstance(decorator, ast.Call) else decorator
		if get_name(call) == "whitelist":
			return decorator
	return None


def find_faults(path: Path, functions: Functions) -> list[str]:
	"""What is wrong with the endpoints of one file."""
	found = []
	for function in tree.list_functions(tree.parse(path)):
		decorator = find_whitelist(function)
		if decorator is None:
			continue
		where = f"{tree.show(path)}: {function.name}"
		keywords = {word.arg for word in decorator.keywords} if isinstance(decorator, ast.Call) else set()
		if "methods" not in keywords:
			found.append(f"{where} names no HTTP methods")
		arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
		arguments += [extra for extra in (function.args.vararg, function.args.kwarg) if extra]
		untyped = [
			argument.arg
			for argument in arguments
			if not argument.annotation and argument.arg not in ("self", "cls")
		]
		if untyped or not function.returns:
			found.append(f"{where} is not typed: {', '.join(untyped) or 'its answer'}")
		if "allow_guest" not in keywords and not functions.asks_permission(function):
			found.append(f"{where} asks for no permission")
	return found
