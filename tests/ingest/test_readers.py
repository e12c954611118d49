from pathlib import Path

import pytest

from stance.ingest.readers import UnreadableError, article_files, read_documents


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_text_is_normalised(tmp_path: Path) -> None:
    (document,) = read_documents(write(tmp_path / "a.txt", b"\xef\xbb\xbfOne.\r\nTwo.\r\n"))
    assert document.text == "One.\nTwo."
    assert document.name == "a"


def test_front_matter_becomes_metadata_and_stays_text(tmp_path: Path) -> None:
    content = "---\ntitle: 'No: a vote'\npublished: 2011-03-19\noutlet: NO\ncolour: red\n---\n\nThe vote failed."
    (document,) = read_documents(write(tmp_path / "a.md", content))
    assert (document.title, document.published, document.outlet) == ("No: a vote", "2011-03-19", "NO")
    assert document.text == "The vote failed."


def test_markdown_without_front_matter_is_text(tmp_path: Path) -> None:
    (document,) = read_documents(write(tmp_path / "a.md", "The vote failed.\n---\nAnd again."))
    assert document.text == "The vote failed.\n---\nAnd again."


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\n ", "empty"),
        ("a.txt", b"text\0text", "binary file"),
        ("a.txt", b"caf\xe9 au lait", "not UTF-8"),
        ("a.txt", b"x" * 5_000_000, "file too large"),
        ("a.docx", b"text", "unknown file type"),
        ("a", b"text", "unknown file type"),
        ("a.md", b"---\ntitle: [\n---\ntext", "front matter is not YAML"),
        ("a.md", b"---\njust words\n---\ntext", "front matter is not YAML"),
        ("a.md", b"---\npublished: yesterday\n---\ntext", "front matter has a wrong value"),
        ("a.md", b"---\ntitle: [a, b]\n---\ntext", "front matter has a wrong value"),
        ("a.md", b"---\ntitle: a\n---\n", "empty"),
    ],
)
def test_what_is_no_article_says_why(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        list(read_documents(write(tmp_path / name, content)))
    assert caught.value.reason == reason


def test_files_come_in_a_fixed_order_without_hidden_ones(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("c.txt", "b/a.txt", ".hidden.txt", ".git/x.txt"):
        write(tmp_path / name, "text")
    assert [p.relative_to(tmp_path).as_posix() for p in article_files(tmp_path)] == ["b/a.txt", "c.txt"]
    assert article_files(tmp_path / "c.txt") == [tmp_path / "c.txt"]
