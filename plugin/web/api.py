"""The API's machinery: typed questions, JSON answers, and the OpenAPI document of both.

An endpoint is declared once, by ``Api.get`` on a function whose annotations say what may be asked
and what is answered, each a frozen dataclass. From that the question is parsed, the answer
written, and the document made; pydantic does all three.

Libraries that do as much bring an app class of their own in Flask's place, routes that do not say
who may use them, or a second way to declare types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from inspect import getdoc
from typing import Any, TypeVar, get_type_hints

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaMode

from plugin.views.programs import Scope
from plugin.web.errors import BadQuestion
from plugin.web.guard import for_programs, public

PREFIX = "/api/v1"

_View = TypeVar("_View", bound=Callable[[Any], object])


@dataclass(frozen=True, slots=True)
class NoQuestion:
    """The question of an endpoint that takes no parameters."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be read: where, by whom, what may be asked, and an answer as example."""

    path: str
    scope: Scope
    says: str
    question: type[Any]
    answer: type[Any]
    example: object
    view: Callable[[Any], object]

    @property
    def name(self) -> str:
        """What it is called in addresses of ours, and in the document."""
        return self.path.strip("/").replace("/", "_").replace("-", "_")


class Api:
    """All that can be read. Endpoints are added by ``get`` before ``blueprint`` is asked for."""

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, scope: Scope, says: str, example: object) -> Callable[[_View], _View]:
        """Declare an endpoint below PREFIX.

        The function takes the question, a dataclass of one value per parameter, and returns the
        answer. ``says`` is one line; its docstring says more. ``example`` is an answer.
        """

        def declare(view: _View) -> _View:
            hints = get_type_hints(view, include_extras=True)
            answer = hints.pop("return")
            question = next(iter(hints.values()))
            if not (is_dataclass(question) and is_dataclass(answer)):
                raise TypeError(f"{path}: question and answer must be dataclasses")
            assert isinstance(question, type)
            assert isinstance(answer, type)
            self.endpoints.append(Endpoint(path, scope, says, question, answer, example, view))
            return view

        return declare

    def blueprint(self) -> Blueprint:
        """The routes of all endpoints, and of the document."""
        blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
        for one in self.endpoints:
            blueprint.add_url_rule(one.path, one.name, _route(one))

        @blueprint.get("/openapi.json")
        @public
        def document() -> Mapping[str, Any]:
            return self.document()

        return blueprint

    def document(self) -> dict[str, Any]:
        """What can be read, as OpenAPI 3.1 says it."""
        asked: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
            (one.name, "validation", TypeAdapter(one.question)) for one in self.endpoints
        ]
        answered: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
            (one.name, "serialization", TypeAdapter(one.answer)) for one in self.endpoints
        ]
        refs, made = TypeAdapter.json_schemas(
            [*asked, *answered], ref_template=f"{_SCHEMAS}{{model}}"
        )
        schemas = dict(made["$defs"])
        paths = {}
        for one in self.endpoints:
            question = refs[one.name, "validation"]["$ref"].removeprefix(_SCHEMAS)
            paths[PREFIX + one.path] = {
                "get": _operation(one, schemas[question], refs[one.name, "serialization"])
            }
        for one in self.endpoints:
            # Of a question each value is a parameter by itself.
            schemas.pop(refs[one.name, "validation"]["$ref"].removeprefix(_SCHEMAS), None)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Deskroute",
                "version": "1",
                "description": "What Deskroute knows, to be read by programs.",
            },
            "paths": paths,
            "components": {
                "schemas": {**schemas, "Problem": _PROBLEM},
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        }


_SCHEMAS = "#/components/schemas/"

_PROBLEM: Mapping[str, Any] = {
    "description": "Why there is no answer (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "why"],
                "properties": {"where": {"type": "string"}, "why": {"type": "string"}},
            },
        },
    },
}

_REFUSALS = {
    "400": "A parameter cannot be read; `problems` says which, and why.",
    "401": "The token is missing, unknown, revoked or expired.",
    "403": "The token may not read this.",
    "404": "There is nothing to tell yet.",
    "429": "Too many questions; `Retry-After` says when to come again.",
    "503": "Deskroute cannot answer right now; `Retry-After` says when to come again.",
}


def _route(endpoint: Endpoint) -> Callable[[], ResponseReturnValue]:
    ask, say = TypeAdapter(endpoint.question), TypeAdapter(endpoint.answer)
    lists = _lists(ask)

    @for_programs(endpoint.scope)
    def view() -> ResponseReturnValue:
        answer = endpoint.view(_question(ask, lists))
        return Response(say.dump_json(answer), mimetype="application/json")

    return view


def _lists(ask: TypeAdapter[Any]) -> Mapping[str, bool]:
    """The parameters of a question, and whether each may come several times."""
    properties = ask.json_schema().get("properties", {})
    return {name: "array" in _types(schema) for name, schema in properties.items()}


def _types(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a parameter's value may have."""
    return {schema.get("type", ""), *(one.get("type", "") for one in schema.get("anyOf", ()))}


def _question(ask: TypeAdapter[Any], lists: Mapping[str, bool]) -> object:
    """What is asked. Raises BadQuestion with every mistake in it."""
    sent = request.args
    problems = [(name, "There is no such parameter.") for name in sent if name not in lists]
    problems += [
        (name, "This comes more than once.")
        for name in sent
        if not lists.get(name, True) and len(sent.getlist(name)) > 1
    ]
    given = {
        name: sent.getlist(name) if several else sent[name]
        for name, several in lists.items()
        if name in sent
    }
    try:
        question = ask.validate_python(given)
    except ValidationError as error:
        # Without what was sent: it may be a secret in the wrong place.
        for one in error.errors(include_input=False, include_url=False):
            problems.append((".".join(map(str, one["loc"])), f"{one['msg']}."))
        raise BadQuestion(problems) from None
    if problems:
        raise BadQuestion(problems)
    return question


def _operation(
    endpoint: Endpoint, question: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, Any]:
    needed = question.get("required", ())
    example = TypeAdapter(endpoint.answer).dump_python(endpoint.example, mode="json")
    return {
        "operationId": endpoint.name,
        "summary": endpoint.says,
        "description": getdoc(endpoint.view) or "",
        "security": [{"token": [endpoint.scope.value]}],
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": name in needed,
                "description": schema.get("description", ""),
                "schema": {key: said for key, said in schema.items() if key != "description"},
            }
            for name, schema in question.get("properties", {}).items()
        ],
        "responses": {
            "200": {
                "description": endpoint.says,
                "content": {"application/json": {"schema": answer, "example": example}},
            },
            **{
                status: {
                    "description": says,
                    "content": {
                        "application/problem+json": {"schema": {"$ref": f"{_SCHEMAS}Problem"}}
                    },
                }
                for status, says in _REFUSALS.items()
            },
        },
    }
