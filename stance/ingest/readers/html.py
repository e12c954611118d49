"""Web pages: the article's text and what the page says about it, without menus, comments and scripts."""

import logging
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from stance.ingest.article import UnreadableError, make_document, read_limited
from stance.ingest.readers.encoding import decode_page
from stance.records import CONTROL, Document

MAX_PAGE_BYTES = 20_000_000
PAGE_LANGUAGE = re.compile(r"<html\b[^>]{0,500}?\blang\s*=\s*[\"']?([A-Za-z]{2,3})", re.IGNORECASE)
TAG = re.compile(r"<[a-zA-Z!/]")
BLOCKS = ("p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "tr", "section", "article")


def read_html(path: Path) -> Iterator[Document]:
    """The one article of a page; raises UnreadableError."""
    yield page_document(path.as_posix(), read_limited(path, MAX_PAGE_BYTES))


def page_document(source: str, content: bytes, *, url: str | None = None) -> Document:
    """The article in the bytes of a page; `url` is where it came from. Raises UnreadableError when it holds none."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # our message says what is wrong with the page
    if len(content) > MAX_PAGE_BYTES:
        raise UnreadableError("file too large", f"{len(content)} bytes, at most {MAX_PAGE_BYTES} for this type")
    page = decode_page(content)
    if not page.strip():
        raise UnreadableError("empty")
    try:
        found = trafilatura.bare_extraction(
            page, url=url, fast=True, with_metadata=True, include_comments=False, include_tables=False
        )
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        raise UnreadableError("damaged page", f"{type(error).__name__}: {error}") from None
    if found is None or isinstance(found, dict) or not (found.text or "").strip():
        raise UnreadableError("no article text in the page", "scripts, menus or pictures only")
    language = PAGE_LANGUAGE.search(page)
    address = url or found.url
    return make_document(
        source,
        _without_headline(found.text or "", found.title),
        {
            "title": found.title,
            "author": found.author,
            "outlet": found.sitename or (urlsplit(address).hostname if address else None),
            "url": address,
            "published": found.date,
            "language": language[1].lower() if language else None,
        },
    )


def fragment_text(markup: str) -> str:
    """The text of a piece of HTML, such as a feed's entry, a line for each block; plain text comes back as it is."""
    if not TAG.search(markup):
        return unescape(markup)
    from lxml import html

    tree = html.fromstring(f"<div>{CONTROL.sub('', markup)}</div>")
    for element in list(tree.xpath("//script | //style | //template | //comment()")):
        element.drop_tree()
    for element in tree.iter(*BLOCKS):
        element.tail = "\n" + (element.tail or "")
        if element.tag != "br":
            element.text = "\n" + (element.text or "")
    lines = (" ".join(line.split()) for line in tree.text_content().splitlines())
    return "\n".join(line for line in lines if line)


def _without_headline(text: str, title: str | None) -> str:
    first, _, rest = text.partition("\n")
    return rest if title and rest and first.strip().casefold() == title.strip().casefold() else text
