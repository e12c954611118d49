"""What every reader gives: documents, and what it could not use with the reason."""

import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, cast

from stance.records import Document, Removed, document_id, normalise

MAX_ARTICLE_BYTES = 4_000_000
FIELDS = ("title", "outlet", "author", "url", "published", "language", "genre", "conflict")
"""What a source may say about an article beside its text."""
ISO_DAY = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?(?=$|[T ]\d{2}:)")

Article = Document | Removed
Reader = Callable[[Path], Iterator[Article]]
"""A file's articles in order. Damage to the file as a whole is raised as UnreadableError, after what came before it."""


class UnreadableError(ValueError):
    """A file or row holds no article that can be used: `reason` is a fixed phrase for counting, `detail` says more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def make_document(source: str, text: str, fields: Mapping[str, object]) -> Document:
    """The document with the normalised `text`; raises UnreadableError when it is empty, too long, or a field is wrong.

    Fields that are None or empty are left out; `published` may also be a full ISO or RFC 822 date.
    """
    if len(text) > MAX_ARTICLE_BYTES:
        raise UnreadableError("article too long", f"{len(text)} characters, at most {MAX_ARTICLE_BYTES}")
    text = normalise(text)
    if not text.strip():
        raise UnreadableError("empty")
    known = {key: value for key, value in fields.items() if value not in (None, "")}
    if "published" in known:
        known["published"] = iso_date(known["published"])
    try:
        return Document.model_validate({"id": document_id(text), "text": text, "source": source, **known})
    except ValueError as error:
        raise UnreadableError("wrong value", " ".join(str(error).split())) from None


def attempt(source: str, make: Callable[[], Document]) -> Article:
    """The document that `make` returns, or why there is none."""
    try:
        return make()
    except UnreadableError as error:
        return Removed(item=source, reason=error.reason, detail=error.detail)


def iso_date(value: object) -> str:
    """The day of a date in ISO or RFC 822 form; raises UnreadableError with what was given."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    text = str(value).strip()
    if match := ISO_DAY.match(text):
        return match[0]
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except ValueError:
        raise UnreadableError("wrong value", f"published: expected a date like 2011-03-19, got {text[:80]!r}") from None


def read_limited(path: Path, limit: int) -> bytes:
    """The whole file; raises UnreadableError when it is larger than `limit` bytes."""
    size = path.stat().st_size
    if size > limit:
        raise UnreadableError("file too large", f"{size} bytes, at most {limit} for this type")
    return path.read_bytes()


def open_unpacked(path: Path) -> BinaryIO:
    """The file's bytes, gzip undone where the name says so; reading one that was cut off raises EOFError."""
    return cast(BinaryIO, gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")
