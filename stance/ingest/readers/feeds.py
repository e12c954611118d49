"""RSS and Atom files: one article an entry, from its full content where the feed has it, else from its summary."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.ingest.article import Article, UnreadableError, attempt, make_document, read_limited
from stance.ingest.readers.html import fragment_text
from stance.records import Document

MAX_FEED_BYTES = 50_000_000


def read_feed(path: Path) -> Iterator[Article]:
    """The entries of a feed; raises UnreadableError when the file is none."""
    yield from feed_articles(path.as_posix(), read_limited(path, MAX_FEED_BYTES))


def feed_articles(source: str, content: bytes) -> Iterator[Article]:
    """The entries in the bytes of a feed; what came before damage is kept. Raises UnreadableError."""
    import feedparser

    if not content.strip():
        raise UnreadableError("empty")
    feed = feedparser.parse(io.BytesIO(content))  # a string would be taken for an address and fetched
    if not feed.entries and not feed.version:
        raise UnreadableError("not a feed", str(feed.get("bozo_exception", "neither RSS nor Atom")))
    for number, entry in enumerate(feed.entries, start=1):
        item = f"{source}#{number}"
        yield attempt(item, lambda: _entry_document(item, entry, feed.feed))  # noqa: B023
    if feed.bozo and _is_broken(feed.bozo_exception):
        raise UnreadableError("damaged feed", f"after entry {len(feed.entries)}: {feed.bozo_exception}")


def _entry_document(source: str, entry: Any, feed: Any) -> Document:
    contents = [part.get("value", "") for part in entry.get("content", ())]
    markup = max([*contents, entry.get("summary", "")], key=len)
    # dict.get, since feedparser's own answers for one date with the other and warns that it will not for ever.
    day = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    return make_document(
        source,
        fragment_text(markup),
        {
            "title": fragment_text(entry.get("title", "")),
            "outlet": entry.get("source", {}).get("title") or feed.get("title"),
            "author": entry.get("author"),
            "url": entry.get("link"),
            "published": f"{day.tm_year:04}-{day.tm_mon:02}-{day.tm_mday:02}" if day else None,
            "language": (entry.get("language") or feed.get("language") or "")[:2].lower(),
        },
    )


def _is_broken(problem: Exception) -> bool:
    from xml.sax import SAXException

    return isinstance(problem, SAXException)
