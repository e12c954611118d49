"""What all readers share: the item of a tool's fields, spans checked against the text, errors that name the row."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stance.config import DataError
from stance.labeling.items import SHOWN, Item
from stance.storage import read_rows

HOLDER = "holder"
"""The name of the span label for the holder in every tool."""


@contextmanager
def in_row(path: Path, number: int) -> Generator[None]:
    """Turns what is wrong with a row into a DataError that names file and row (from 1)."""
    try:
        yield
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in error.errors())
        raise DataError(f"{path}: row {number}: {details}; export items with scripts/annotations.py") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DataError(f"{path}: row {number}: not as this tool exports it ({error!r})") from None


def item_of(fields: Mapping[str, Any]) -> Item:
    """The Item of the fields that we gave to the tool; raises ValidationError when one is missing."""
    found = {name: fields[name] for name in SHOWN if fields.get(name) is not None}
    return Item.model_validate(found, strict=False)


def span_of(item: Item, start: int, end: int, text: str | None) -> dict[str, Any]:
    """{holder_start, holder_end} of a marked span; where `text` stands elsewhere, its only place; else {holder}."""
    if text is None or item.text[start:end] == text:
        return {"holder_start": start, "holder_end": end}
    if item.text.count(text) == 1:
        start = item.text.index(text)
        return {"holder_start": start, "holder_end": start + len(text)}
    return {"holder": text}


def numbered_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) of a JSONL file."""
    return read_rows(path)
