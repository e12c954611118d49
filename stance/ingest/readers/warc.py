"""Web archives: one article for each response that is a page."""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from stance.ingest.article import Article, UnreadableError, attempt, open_unpacked
from stance.ingest.readers.html import MAX_PAGE_BYTES, page_document
from stance.records import Document

PAGES = ("text/html", "application/xhtml+xml")


def read_warc(path: Path) -> Iterator[Article]:
    """The pages of a WARC file, gzipped or not; requests and other records about records are no articles.

    Raises UnreadableError at the place where the archive is damaged or cut off.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    number = 0
    with open_unpacked(path) as file:
        stream = _Stream(file)
        try:
            for record in ArchiveIterator(stream):
                if record.rec_type not in ("response", "resource"):
                    continue
                number += 1
                url = record.rec_headers.get_header("WARC-Target-URI") or ""
                yield attempt(f"{path.as_posix()}#{number}", lambda: _page(path, number, record, url))  # noqa: B023
        except (ArchiveLoadFailed, EOFError, OSError, ValueError) as error:
            raise UnreadableError("damaged WARC", f"after record {number}: {error}") from None
        if stream.damage is not None:
            raise UnreadableError("damaged WARC", f"after record {number}: {stream.damage}")


class _Stream:
    """A file that ends where it is damaged, and tells so afterwards.

    gzip is undone here and not by warcio, which takes a stream that was cut off for one that ended.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.damage: Exception | None = None
        self._file = cast(io.BufferedReader, file)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end and from the damage on."""
        if self.damage is None:
            try:
                return self._file.read1(size)
            except (EOFError, OSError, zlib.error) as error:
                self.damage = error
        return b""


def _page(path: Path, number: int, record: Any, url: str) -> Document:
    headers = record.http_headers
    status = headers.get_statuscode() if headers else "200"
    kind = (headers or record.rec_headers).get_header("Content-Type") or ""
    if status != "200":
        raise UnreadableError("not a page", f"HTTP status {status} for {url}")
    if not kind.lower().startswith(PAGES):
        raise UnreadableError("not a page", f"{kind.partition(';')[0] or 'no content type'} for {url}")
    content = record.content_stream().read(MAX_PAGE_BYTES + 1)
    if getattr(record.raw_stream, "limit", 0) > 0 and len(content) <= MAX_PAGE_BYTES:
        raise UnreadableError("damaged WARC", f"the record of {url} is cut off")
    return page_document(f"{path.as_posix()}#{number}", content, url=url)
