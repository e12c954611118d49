"""/docs: the OpenAPI document as one page that loads nothing from elsewhere and runs no script."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True)
class Field:
    """A row of a schema's table."""

    name: str
    kind: str
    required: bool
    text: str


def reference_page(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document, as HTML."""
    environment = Environment(
        loader=PackageLoader("stance.serving", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "takes": _body(operation.get("requestBody", {})),
            "responses": [
                {"status": status, "description": r["description"], "schema": _body(r)}
                for status, r in operation["responses"].items()
            ],
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = {
        name: {"text": schema.get("description", ""), "fields": _fields(schema)}
        for name, schema in document["components"]["schemas"].items()
    }
    return environment.get_template("reference.html.j2").render(
        info=document["info"], operations=operations, schemas=schemas
    )


def _body(part: Mapping[str, Any]) -> str:
    schema = part.get("content", {}).get("application/json", {}).get("schema")
    return _kind(schema) if schema else ""


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(name, _kind(value), name in required, value.get("description", ""))
        for name, value in schema.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: `list of Pair, 1 to 256`."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    kind = schema.get("type", "anything")
    if kind == "array":
        kind = f"list of {_kind(schema.get('items', {}))}"
    elif kind == "object" and "additionalProperties" in schema:
        kind = f"object of {_kind(schema['additionalProperties'])}"
    limits = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minLength", "at least"),
            ("minItems", "at least"),
            ("minimum", "from"),
            ("maxLength", "at most"),
            ("maxItems", "at most"),
            ("maximum", "to"),
        )
        if key in schema
    ]
    default = [f"default {json.dumps(schema['default'])}"] if "default" in schema else []
    return ", ".join([kind, *limits, *default])
