"""The OpenAPI 3.1 document, made from the wire models and the list of operations. Pure.

Source: OpenAPI Specification 3.1.
"""

from __future__ import annotations

import json
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from . import models, operations
from .operations import Operation, Parameter

API_VERSION = "1.0.0"
DESCRIPTION = """Orders in and out for other systems.

Authorisation: `Authorization: token <api key>:<api secret>` of a user with the role OMS Integration. Answers stand
in `message`, refusals carry `error` with code, path and message. Contacts are masked in every answer."""
MESSAGE_HEADERS = {
	"X-OMS-Event": "The kind of event.",
	"X-OMS-Event-Id": "The event's id, as in the body.",
	"X-OMS-Delivery": "The message's id; the same when it is sent again.",
	"X-OMS-Timestamp": "Seconds since 1970; refuse what is older than five minutes.",
	"X-OMS-Signature": "sha256= and the hex HMAC-SHA256 of '<timestamp>.<body>' under the endpoint's secret.",
}
COMMON_REFUSALS = {
	401: "The API key or secret is wrong.",
	403: "The user may not do this.",
}


def make_document() -> dict[str, Any]:
	"""The whole document as plain values; the same code gives the same document."""
	return {
		"openapi": "3.1.0",
		"info": {"title": "Storegroup OMS", "version": API_VERSION, "description": DESCRIPTION},
		"security": [{"apiKey": []}],
		"tags": [{"name": "orders"}],
		"paths": {
			operation.path: {operation.method: _describe(operation)} for operation in operations.OPERATIONS
		},
		"webhooks": {
			event: _describe_message(model)
			for model in operations.MESSAGES
			for event in get_args(model.model_fields["event"].annotation)
		},
		"components": {
			"securitySchemes": {
				"apiKey": {
					"type": "apiKey",
					"in": "header",
					"name": "Authorization",
					"description": "token <api key>:<api secret>",
				}
			},
			"schemas": _make_schemas(),
		},
	}


def dump() -> str:
	"""The document as JSON text, indented, ending with a line break."""
	return json.dumps(make_document(), ensure_ascii=False, indent="\t") + "\n"


def _make_schemas() -> dict[str, Any]:
	answers = [(operation.answer, "serialization") for operation in operations.OPERATIONS]
	requests = [(item.request, "validation") for item in operations.OPERATIONS if item.request]
	messages = [(model, "serialization") for model in operations.MESSAGES]
	_keys, definitions = models_json_schema(
		[*answers, *requests, *messages, (models.ErrorAnswer, "validation")],
		ref_template="#/components/schemas/{model}",
	)
	return dict(sorted(definitions["$defs"].items()))


def _refer(model: type[BaseModel]) -> dict[str, str]:
	return {"$ref": f"#/components/schemas/{model.__name__}"}


def _describe(operation: Operation) -> dict[str, Any]:
	parameters = [_describe_parameter(parameter) for parameter in operation.parameters]
	if operation.is_idempotent:
		parameters.append(
			{
				"name": "Idempotency-Key",
				"in": "header",
				"required": False,
				"schema": {"type": "string", "maxLength": 140},
				"description": "Any text of your own, kept for seven days. The same key with the same body gets the "
				"same answer and does nothing again; with another body it is refused.",
			}
		)
	described: dict[str, Any] = {
		"operationId": operation.name,
		"tags": ["orders"],
		"summary": operation.summary,
		"description": operation.description,
		"parameters": parameters,
		"responses": {"200": _describe_answer(operation)}
		| {
			str(status): {
				"description": when,
				"content": {"application/json": {"schema": _refer(models.ErrorAnswer)}},
			}
			for status, when in sorted((COMMON_REFUSALS | operation.refusals).items())
		},
	}
	if operation.request:
		described["requestBody"] = {
			"required": True,
			"content": {
				"application/json": {"schema": _refer(operation.request), "example": operation.example}
			},
		}
	return described


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
	described = {
		"name": parameter.name,
		"in": "query",
		"required": False,
		"schema": parameter.schema,
		"description": parameter.description,
	}
	return described if parameter.example is None else {**described, "example": parameter.example}


def _describe_answer(operation: Operation) -> dict[str, Any]:
	schema = {
		"type": "object",
		"properties": {"message": _refer(operation.answer)},
		"required": ["message"],
	}
	return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _describe_message(model: type[BaseModel]) -> dict[str, Any]:
	headers = [
		{"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": text}
		for name, text in MESSAGE_HEADERS.items()
	]
	content = {"schema": _refer(model), "example": operations.MESSAGE_EXAMPLES[model]}
	return {
		"post": {
			"summary": (model.__doc__ or "").strip(),
			"parameters": headers,
			"requestBody": {"required": True, "content": {"application/json": content}},
			"responses": {
				"2XX": {"description": "Received. Anything else is sent again, at most eight times."},
				"410": {"description": "Gone: this message is not sent again."},
			},
		}
	}
