"""Readers of article files: one function `Path -> Iterator[Document]` for each suffix."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from stance.records import Document, document_id, normalise

FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n---[ \t]*(?:\n|$)", re.DOTALL)
METADATA = ("title", "outlet", "url", "published", "language", "genre", "conflict")
BINARY_PROBE_BYTES = 8192
MAX_FILE_BYTES = 4_000_000

Reader = Callable[[Path], Iterator[Document]]


class UnreadableError(ValueError):
    """A file holds no article that can be used: `reason` is a fixed phrase for counting, `detail` the particulars."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def read_text(path: Path) -> Iterator[Document]:
    """The one document of a plain text file; raises UnreadableError."""
    yield _document(path, _decode(path), {})


def read_markdown(path: Path) -> Iterator[Document]:
    """The one document of a Markdown file, metadata from its YAML front matter; raises UnreadableError."""
    text = _decode(path)
    match = FRONT_MATTER.match(text)
    if match is None:
        yield _document(path, text, {})
        return
    try:
        # BaseLoader keeps every scalar a string: a country code NO stays "NO".
        fields = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise UnreadableError("front matter is not YAML", " ".join(str(error).split())) from None
    if not isinstance(fields, dict):
        raise UnreadableError("front matter is not YAML", "expected lines of the form `key: value`")
    yield _document(path, text[match.end() :], {key: fields[key] for key in METADATA if fields.get(key)})


READERS: dict[str, Reader] = {".txt": read_text, ".md": read_markdown}


def article_files(articles: Path) -> list[Path]:
    """The file itself, or all files below a folder in a fixed order; hidden ones are left out."""
    if articles.is_file():
        return [articles]
    files = (path for path in articles.rglob("*") if path.is_file())
    return sorted(path for path in files if not any(part.startswith(".") for part in path.relative_to(articles).parts))


def read_documents(path: Path) -> Iterator[Document]:
    """The documents of one file by its suffix; raises UnreadableError."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableError("unknown file type", f"{path.suffix or 'no suffix'}; known: {', '.join(READERS)}")
    yield from reader(path)


def _decode(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise UnreadableError("file too large", f"{size} bytes, at most {MAX_FILE_BYTES} for one article")
    content = path.read_bytes()
    if b"\0" in content[:BINARY_PROBE_BYTES]:
        raise UnreadableError("binary file", "NUL bytes; expected text")
    try:
        return normalise(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError(
            "not UTF-8", f"{error.reason} at byte {error.start}; convert it, e.g. with iconv"
        ) from None


def _document(path: Path, text: str, fields: dict[str, str]) -> Document:
    text = text.strip("\n")
    if not text.strip():
        raise UnreadableError("empty")
    try:
        return Document.model_validate({"id": document_id(text), "text": text, "source": path.as_posix(), **fields})
    except ValueError as error:
        raise UnreadableError("front matter has a wrong value", " ".join(str(error).split())) from None
