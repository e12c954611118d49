"""Plain text and Markdown with front matter."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from stance.ingest.article import FIELDS, MAX_ARTICLE_BYTES, UnreadableError, make_document, read_limited
from stance.ingest.readers.encoding import decode
from stance.records import Document

FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)


def read_text(path: Path) -> Iterator[Document]:
    """The one document of a plain text file; raises UnreadableError."""
    yield make_document(path.as_posix(), decode(read_limited(path, MAX_ARTICLE_BYTES)), {})


def read_markdown(path: Path) -> Iterator[Document]:
    """The one document of a Markdown file, metadata from its YAML front matter; raises UnreadableError."""
    text = decode(read_limited(path, MAX_ARTICLE_BYTES))
    match = FRONT_MATTER.match(text)
    if match is None:
        yield make_document(path.as_posix(), text, {})
        return
    try:
        # BaseLoader keeps every scalar a string: a country code NO stays "NO".
        fields = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise UnreadableError("front matter is not YAML", " ".join(str(error).split())) from None
    if not isinstance(fields, dict):
        raise UnreadableError("front matter is not YAML", "expected lines of the form `key: value`")
    yield make_document(path.as_posix(), text[match.end() :], {key: fields[key] for key in FIELDS if fields.get(key)})
