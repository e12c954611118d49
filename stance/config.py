"""Plain data in, typed and checked configuration out, with all complaints at once."""

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

REQUIRED = "???"
"""How Hydra spells a value that the user has to give."""


class ConfigError(ValueError):
    """The request cannot be carried out as it was put; the message lists every problem, one a line."""


class DataError(ValueError):
    """The data cannot be used; the message says which file or record, what was expected, what to do."""


class Config(BaseModel):
    """A frozen section of the configuration; its attribute docstrings are the user's reference."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class StageConfig(Config):
    """The configuration of one stage: files in, one folder out."""

    output: Path
    """Folder to write; it appears whole or not at all."""

    @property
    def inputs(self) -> dict[str, Path]:
        """The files and folders that the stage reads, by field name."""
        found: dict[str, Path] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Path) and name != "output":
                found[name] = value
            elif isinstance(value, tuple):
                found |= {f"{name}.{i}": part for i, part in enumerate(value) if isinstance(part, Path)}
        return found


AnyConfig = TypeVar("AnyConfig", bound=BaseModel)


def decode(cls: type[AnyConfig], data: dict[str, Any]) -> AnyConfig:
    """`data` as a `cls`; raises ConfigError with one line for every problem found."""
    problems = [f"{path}: required, but not given; add {path}=..." for path in _not_given(data)]
    try:
        config = cls.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        problems += [_explain(cls, problem) for problem in error.errors() if problem["input"] != REQUIRED]
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def defaults(cls: type[BaseModel]) -> dict[str, Any]:
    """Every field of `cls` as plain data: its default, `???` where one must be given."""
    return {name: _default(field) for name, field in cls.model_fields.items()}


def reference(cls: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(dotted name, default, description) of every field of `cls`, nested sections in place."""
    for name, field in cls.model_fields.items():
        path = f"{prefix}{name}"
        if _is_section(field):
            yield from reference(field.annotation, f"{path}.")  # ty: ignore[invalid-argument-type]
        else:
            yield path, _show(_default(field)), field.description or ""


def _not_given(data: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _not_given(value, f"{prefix}{key}.")
        elif value == REQUIRED:
            yield f"{prefix}{key}"


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _default(field: FieldInfo) -> Any:
    if _is_section(field) and field.is_required():
        return defaults(field.annotation)  # ty: ignore[invalid-argument-type]
    if field.is_required():
        return REQUIRED
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return json.loads(json.dumps(value, default=str))


def _show(value: Any) -> str:
    return value if value == REQUIRED else json.dumps(value)


def _explain(cls: type[BaseModel], problem: ErrorDetails) -> str:
    location = [str(part) for part in problem["loc"]]
    path = ".".join(location) or "configuration"
    given = problem["input"]
    if problem["type"] == "extra_forbidden":
        allowed = _fields_at(cls, location[:-1])
        near = difflib.get_close_matches(location[-1], allowed, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(allowed)}"
        return f"{path}: no such field; {hint}"
    if problem["type"] == "missing":
        return f"{path}: required, but not given; add {path}=..."
    if problem["type"] in ("value_error", "assertion_error"):
        return f"{path}: {problem['msg'].partition(', ')[2]}"
    return f"{path}: {problem['msg'].lower()}, got {given!r} ({type(given).__name__})"


def _fields_at(cls: type[BaseModel], location: list[str]) -> list[str]:
    for part in location:
        field = cls.model_fields.get(part)
        if field is None or not _is_section(field):
            return []
        cls = field.annotation  # ty: ignore[invalid-assignment]
    return list(cls.model_fields)
