"""The text layer of PDF files, lines joined to paragraphs."""

import logging
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stance.ingest.article import UnreadableError, make_document
from stance.records import Document

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PDF_BYTES = 100_000_000
MAX_PAGES = 2000
SHORT_LINE = 0.75
"""A line shorter than this share of the usual one, with a full stop at its end, closes its paragraph."""
SENTENCE_END = re.compile(r"[.!?:…][”\"’)\]]*$")
PAGE_NUMBER = re.compile(r"(?:page\s+)?\d{1,4}(?:\s+of\s+\d{1,4})?", re.IGNORECASE)
PDF_DAY = re.compile(r"D:(\d{4})(\d{2})(\d{2})")


def read_pdf(path: Path) -> Iterator[Document]:
    """The document of a PDF; raises UnreadableError when it is encrypted, damaged or without a text layer."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # our message says what is wrong with the file
    if (size := path.stat().st_size) > MAX_PDF_BYTES:
        raise UnreadableError("file too large", f"{size} bytes, at most {MAX_PDF_BYTES} for this type")
    pages, fields = _extract(path)
    text = "\n\n".join(filter(None, (join_lines(page) for page in pages)))
    if not text:
        raise UnreadableError("no text layer", f"{len(pages)} pages of pictures; run it through OCR first")
    yield make_document(path.as_posix(), text, fields)


def join_lines(page: str) -> str:
    """The page with words and sentences joined over line ends, a line for each paragraph, page numbers left out."""
    lines = [line.strip() for line in page.splitlines()]
    lines = [line for line in lines if not PAGE_NUMBER.fullmatch(line)]
    widths = [len(line) for line in lines if line]
    usual = statistics.median(widths) if widths else 0
    paragraphs = [""]
    for line in lines:
        if not line:
            paragraphs.append("")
        elif paragraphs[-1].endswith("-") and line[0].islower():
            paragraphs[-1] = paragraphs[-1][:-1] + line
        else:
            paragraphs[-1] += f" {line}" if paragraphs[-1] else line
        if SENTENCE_END.search(line) and len(line) < SHORT_LINE * usual:
            paragraphs.append("")
    return "\n".join(filter(None, paragraphs))


def _extract(path: Path) -> tuple[list[str], dict[str, str | None]]:
    from pypdf import PdfReader

    try:
        reader = PdfReader(path)
        _check_usable(reader)
        pages = [page.extract_text() for page in reader.pages]
        about = reader.metadata
    except UnreadableError:
        raise
    except Exception as error:  # a parser of hostile files fails in more ways than it documents
        raise UnreadableError("damaged PDF", f"{type(error).__name__}: {error}") from None
    made = PDF_DAY.match(str(about.get("/CreationDate", ""))) if about else None
    return pages, {
        "title": str(about.title) if about and about.title else None,
        "author": str(about.author) if about and about.author else None,
        "published": "-".join(made.groups()) if made else None,
    }


def _check_usable(reader: "PdfReader") -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableError("encrypted", "needs a password; save a copy without one")
    if len(reader.pages) > MAX_PAGES:
        raise UnreadableError("file too large", f"{len(reader.pages)} pages, at most {MAX_PAGES}")
