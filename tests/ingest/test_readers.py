"""What each type of file gives when all is well."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from stance.ingest.readers import READERS, Article, Columns, read_documents, reader_table
from stance.records import Document, Removed
from tests.ingest import samples
from tests.ingest.samples import BODY, write


def read(path: Path) -> list[Article]:
    return list(read_documents(path, READERS))


def only(path: Path) -> Document:
    (article,) = read(path)
    assert isinstance(article, Document), article
    return article


def test_text_is_normalised(tmp_path: Path) -> None:
    document = only(write(tmp_path / "a.txt", b"\xef\xbb\xbfOne.\r\nTwo.\r\n"))
    assert document.text == "One.\nTwo."
    assert document.name == "a"


def test_front_matter_becomes_metadata_and_stays_text(tmp_path: Path) -> None:
    content = "---\ntitle: 'No: a vote'\npublished: 2011-03-19\noutlet: NO\ncolour: red\n---\n\nThe vote failed."
    document = only(write(tmp_path / "a.md", content))
    assert (document.title, document.published, document.outlet) == ("No: a vote", "2011-03-19", "NO")
    assert document.text == "The vote failed."


def test_markdown_without_front_matter_is_text(tmp_path: Path) -> None:
    assert only(write(tmp_path / "a.md", "The vote failed.\n---\nAgain.")).text == "The vote failed.\n---\nAgain."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"caf\xe9 au lait, \x93he\x94 said", "café au lait, “he” said"),
        ("“Troops” left".encode("utf-16"), "“Troops” left"),
        (
            "первый канал сообщил об этом в понедельник утром".encode("cp1251"),
            "первый канал сообщил об этом в понедельник утром",
        ),
        ("é\n".encode() + "é".encode("cp1252"), "é\né"),
    ],
)
def test_encodings_are_found(tmp_path: Path, content: bytes, text: str) -> None:
    assert only(write(tmp_path / "a.txt", content)).text == text


def test_a_page_is_its_article_with_what_it_says_about_itself(tmp_path: Path) -> None:
    document = only(write(tmp_path / "a.html", samples.PAGE))
    assert document.text.startswith(BODY)
    assert "Subscribe" not in document.text
    assert (document.title, document.outlet, document.author) == (
        "Council votes for mission",
        "The Daily Example",
        "Ann Writer",
    )
    assert (document.url, document.published, document.language) == ("https://news.example/council", "2011-03-19", "en")


def test_a_declared_encoding_of_a_page_is_believed(tmp_path: Path) -> None:
    page = samples.PAGE.replace("<head>", '<head><meta charset="windows-1252">').replace("council met", "Café met")
    assert "Café met" in only(write(tmp_path / "a.html", page.encode("cp1252"))).text


def test_lines_of_a_pdf_are_joined(tmp_path: Path) -> None:
    document = only(write(tmp_path / "a.pdf", samples.pdf(BODY)))
    assert document.text.replace(" ", "") == BODY.replace(" ", "")
    assert "\n" not in document.text
    assert (document.title, document.author, document.published) == ("A report", "Cy Writer", "2011-03-19")


def test_tables_are_read_by_their_columns(tmp_path: Path) -> None:
    row = {"body": BODY, "headline": "Vote", "date": "2011-03-19T10:00:00Z", "paper": "NO"}
    columns = Columns(text="body", title="headline", published="date", outlet="paper")
    readers = reader_table(columns)
    write(tmp_path / "a.jsonl", json.dumps(row) + "\n")
    write(tmp_path / "b.jsonl.gz", gzip.compress(json.dumps(row).encode()))
    write(tmp_path / "c.csv", f'body;headline;date;paper\n"{BODY}";Vote;2011-03-19;NO\n'.encode())
    write(tmp_path / "d.tsv", f"body\theadline\tdate\tpaper\n{BODY}\tVote\tSat, 19 Mar 2011 10:00:00 GMT\tNO\n")
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "e.parquet")
    for path in sorted(tmp_path.iterdir()):
        (document,) = read_documents(path, readers)
        assert isinstance(document, Document), document
        assert (document.text, document.title, document.published, document.outlet) == (
            BODY,
            "Vote",
            "2011-03-19",
            "NO",
        )


def test_rows_have_names_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", f'{{"text": "{BODY}"}}\n{{"text": "Another one."}}\n')
    assert [article.name for article in read(tmp_path / "a.jsonl") if isinstance(article, Document)] == ["a#1", "a#2"]


def test_a_feed_gives_its_entries(tmp_path: Path) -> None:
    one, two = read(write(tmp_path / "a.xml", samples.FEED))
    assert isinstance(one, Document)
    assert (one.text, one.title, one.outlet, one.author) == (BODY, "One", "The Feed", "Bo Writer")
    assert (one.url, one.published, one.language) == ("https://news.example/1", "2011-03-19", "en")
    assert two == Removed(item=f"{(tmp_path / 'a.xml').as_posix()}#2", reason="empty")


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_web_archive_gives_its_pages(tmp_path: Path, name: str) -> None:
    pages = {
        "http://news.example/1": ("200 OK", "text/html; charset=utf-8", samples.PAGE.encode()),
        "http://news.example/2": ("404 Not Found", "text/html", b"<p>gone</p>"),
        "http://news.example/3": ("200 OK", "image/png", b"\x89PNG"),
    }
    articles = read(samples.warc(tmp_path / name, pages))
    assert isinstance(articles[0], Document)
    assert articles[0].url == "http://news.example/1"
    assert [a.reason for a in articles[1:] if isinstance(a, Removed)] == ["not a page", "not a page"]


def test_a_zip_gives_what_is_in_it(tmp_path: Path) -> None:
    inner = samples.zipped({"deep/b.html": samples.PAGE.encode()})
    content = samples.zipped(
        {"a.txt": BODY.encode(), "in/inner.zip": inner, "c.jpg": b"\xff\xd8", "../../d.txt": b"Out."}
    )
    path = write(tmp_path / "a.zip", content)
    found = {
        (a.source if isinstance(a, Document) else a.item).removeprefix(f"{path.as_posix()}/"): a for a in read(path)
    }
    assert set(found) == {"a.txt", "in/inner.zip/deep/b.html", "c.jpg", "../../d.txt"}
    assert [name for name, article in found.items() if isinstance(article, Removed)] == ["c.jpg"]
    shutil.rmtree(tmp_path / "in", ignore_errors=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]
