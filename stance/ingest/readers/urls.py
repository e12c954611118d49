"""Lists of URLs, one a line: each page is fetched and read by its type."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from stance.ingest.article import MAX_ARTICLE_BYTES, Article, UnreadableError, make_document, read_limited
from stance.ingest.fetch import Fetcher, Page
from stance.ingest.readers.encoding import decode
from stance.ingest.readers.feeds import feed_articles
from stance.ingest.readers.html import page_document
from stance.ingest.readers.pdf import read_pdf
from stance.records import Removed

FEEDS = ("application/rss+xml", "application/atom+xml", "application/xml", "text/xml")


def read_urls(path: Path, fetcher: Fetcher | None) -> Iterator[Article]:
    """The articles of a .urls file; empty lines and lines that begin with # are skipped. Raises UnreadableError."""
    if fetcher is None:
        raise UnreadableError("not fetched", "no network is used here; run ingest on the list")
    for line in decode(read_limited(path, MAX_ARTICLE_BYTES)).splitlines():
        url = line.strip()
        if url and not url.startswith("#"):
            try:
                yield from _page_articles(url, fetcher.fetch(url))
            except UnreadableError as error:
                yield Removed(item=url, reason=error.reason, detail=error.detail)


def _page_articles(url: str, page: Page) -> Iterator[Article]:
    if page.content_type in FEEDS:
        yield from feed_articles(url, page.content)
    elif page.content_type == "application/pdf":
        with tempfile.TemporaryDirectory(prefix="stance-") as folder:
            copy = Path(folder) / "page.pdf"
            copy.write_bytes(page.content)
            for document in read_pdf(copy):
                yield document.model_copy(update={"source": url, "url": page.url})
    elif page.content_type == "text/plain":
        yield make_document(url, decode(page.content), {"url": page.url})
    elif page.content_type in ("text/html", "application/xhtml+xml"):
        yield page_document(url, page.content, url=page.url)
    else:
        raise UnreadableError("not a page", page.content_type)
