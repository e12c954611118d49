"""In = out + removed, whatever is wrong with the input."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.ingest.files import article_files
from stance.ingest.readers import READERS, Article, read_documents
from stance.ingest.readers.archives import MAX_DEPTH
from stance.ingest.stage import load_articles
from stance.records import Document, Removed
from tests.ingest import samples
from tests.ingest.samples import BODY, write

MEBIBYTE = 1 << 20


def read(path: Path) -> list[Article]:
    return list(read_documents(path, READERS))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\n ", "empty"),
        ("a.txt", b"text\0text", "binary file"),
        ("a.txt", b"x" * 5_000_000, "file too large"),
        ("a.docx", b"text", "unknown file type"),
        ("a", b"text", "unknown file type"),
        ("a.md", b"---\ntitle: [\n---\ntext", "front matter is not YAML"),
        ("a.md", b"---\njust words\n---\ntext", "front matter is not YAML"),
        ("a.md", b"---\npublished: yesterday\n---\ntext", "wrong value"),
        ("a.md", b"---\ntitle: [a, b]\n---\ntext", "wrong value"),
        ("a.md", b"---\ntitle: a\n---\n", "empty"),
        ("a.html", b"", "empty"),
        ("a.html", samples.SCRIPTS_ONLY.encode(), "no article text in the page"),
        ("a.html", b"\0\0\0", "empty"),
        ("a.pdf", b"%PDF-1.4 cut", "damaged PDF"),
        ("a.pdf", samples.pdf(None), "no text layer"),
        ("a.pdf", samples.pdf(BODY, password="secret"), "encrypted"),  # noqa: S106
        ("a.csv", b"", "empty"),
        ("a.csv", b"headline,body\nVote,Text\n", "no text column"),
        ("a.parquet", b"PAR1", "damaged Parquet"),
        ("a.xml", b"<note>no feed</note>", "not a feed"),
        ("a.xml", b"", "empty"),
        ("a.warc.gz", b"no archive", "damaged WARC"),
        ("a.zip", b"PK no archive", "damaged zip"),
        ("a.jsonl", b'["no object"]', "not JSON"),
        ("a.jsonl", b'{"body": "x"}', "no text column"),
        ("a.jsonl", b'{"text": 7}', "wrong value"),
        ("a.jsonl", b'{"text": "x", "published": "soon"}', "wrong value"),
        ("a.jsonl", b"[" * 100_000, "not JSON"),
        ("a.urls", b"https://news.example/", "not fetched"),
    ],
)
def test_what_is_no_article_says_why(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (removed,) = read(write(tmp_path / name, content))
    assert isinstance(removed, Removed)
    assert removed.reason == reason


def test_rows_stand_for_themselves(tmp_path: Path) -> None:
    lines = [
        '{"text": "One."}',
        "{broken",
        '{"text": ""}',
        '{"text": "Two."}',
        "\x00\x01",
        '{"text": "NUL\\u0000 in it."}',
    ]
    articles = read(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert [a.text for a in articles if isinstance(a, Document)] == ["One.", "Two.", "NUL in it."]
    assert [a.reason for a in articles if isinstance(a, Removed)] == ["not JSON", "empty", "binary file"]
    table = read(write(tmp_path / "a.csv", "title,text\na,One.\nb\nc,Two.,extra\nd,Three.\n"))
    assert [a.text for a in table if isinstance(a, Document)] == ["One.", "Three."]
    assert [a.reason for a in table if isinstance(a, Removed)] == ["wrong number of columns"] * 2


def test_truncated_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"text": f"{n} {os.urandom(200).hex()}"}) + "\n" for n in range(200)).encode()
    articles = read(write(tmp_path / "a.jsonl.gz", samples.truncated_gzip(rows)))
    assert len(articles) > 100
    assert [a.reason for a in articles if isinstance(a, Removed)] == ["damaged gzip"]
    page = samples.PAGE.encode() + os.urandom(3000).hex().encode()
    pages = {f"http://news.example/{n}": ("200 OK", "text/html", page) for n in range(4)}
    path = samples.warc(tmp_path / "a.warc.gz", pages)
    for share in (0.3, 0.45, 0.9, 0.99):  # not a half, which may be the end of the second page
        cut = read(write(tmp_path / "cut.warc.gz", path.read_bytes()[: int(share * path.stat().st_size)]))
        assert any(isinstance(a, Removed) and a.reason == "damaged WARC" for a in cut), share
        assert len(cut) <= 5


def test_a_zip_bomb_is_cut(tmp_path: Path) -> None:
    bomb = samples.zipped({"a.txt": b"0" * 50 * MEBIBYTE, "b.txt": BODY.encode()})
    assert len(bomb) < MEBIBYTE
    articles = read(write(tmp_path / "a.zip", bomb))
    assert [a.reason for a in articles if isinstance(a, Removed)] == ["zip bomb"]
    assert [a.text for a in articles if isinstance(a, Document)] == [BODY]
    layers = samples.zipped({f"{n}.txt": b"0" * MEBIBYTE for n in range(40)})
    assert any(isinstance(a, Removed) and a.reason == "zip bomb" for a in read(write(tmp_path / "b.zip", layers)))


def test_zips_in_zips_end(tmp_path: Path) -> None:
    content = samples.zipped({"a.txt": BODY.encode()})
    for _ in range(MAX_DEPTH):
        content = samples.zipped({"inner.zip": content})
    (removed,) = read(write(tmp_path / "a.zip", content))
    assert isinstance(removed, Removed)
    assert removed.reason == "nested too deep"


def test_links_are_not_followed_into_loops(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.txt", BODY)
    write(tmp_path / ".hidden" / "b.txt", BODY)
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    (tmp_path / "in" / "self.txt").symlink_to(tmp_path / "in" / "self.txt")
    (tmp_path / "in" / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "in" / "good.txt").symlink_to(tmp_path / "in" / "a.txt")
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    entries = list(article_files(tmp_path))
    assert [e.relative_to(tmp_path).as_posix() for e in entries if isinstance(e, Path)] == ["in/a.txt", "in/good.txt"]
    reasons = {Path(e.item).name: e.reason for e in entries if isinstance(e, Removed)}
    assert reasons == {
        "gone.txt": "broken link",
        "loop": "link to a folder",
        "pipe.txt": "not a file",
        "self.txt": "broken link",
    }


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.txt", "a.html", "a.xml"])
def test_a_line_of_200_megabytes_does_not_fill_the_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    opened = gzip.open(path, "wb", compresslevel=1) if name.endswith(".gz") else path.open("wb")  # noqa: SIM115
    with opened as file:
        file.write(b'text\n"' if name == "a.csv" else b'{"text": "')
        for _ in range(200):
            file.write(b"a" * MEBIBYTE)
        if "jsonl" in name:
            file.write(b'"}\n{"text": "The next one."}\n')
    code = (
        "import sys; from pathlib import Path; from stance.ingest.readers import READERS, read_documents\n"
        f"a = list(read_documents(Path({str(path)!r}), READERS))\n"
        "peak = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print([getattr(x, 'reason', 'kept') for x in a], peak)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    reasons, _, peak = done.stdout.strip().rpartition(" ")
    expected = (
        ["row too long", "kept"] if "jsonl" in name else ["row too long"] if "csv" in name else ["file too large"]
    )
    assert reasons == str(expected)
    assert int(peak) < 300_000, "KiB"


SUFFIXES = st.sampled_from([s for s in READERS if s != ".urls"])
BYTES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            samples.PAGE.encode(),
            samples.FEED.encode(),
            samples.pdf(BODY),
            samples.zipped({"a.txt": BODY.encode(), "b.csv": b"text\nOne.\n"}),
            gzip.compress(b'{"text": "One."}\n'),
            b'text,title\n"One.",a\n',
            b'{"text": "One."}\n{"text": "Two."}\n',
        ]
    ),
)


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=SUFFIXES, content=BYTES, cut=st.floats(0, 1), noise=st.binary(max_size=4), place=st.floats(0, 1))
def test_any_damage_to_any_type_is_accounted_for(
    tmp_path: Path, suffix: str, content: bytes, cut: float, noise: bytes, place: float
) -> None:
    damaged = content[: int(len(content) * cut)]
    at = int(len(damaged) * place)
    path = write(tmp_path / f"a{suffix}", damaged[:at] + noise + damaged[at + len(noise) :])
    articles = read(path)
    assert articles or suffix.endswith((".gz", "sonl", "son", ".csv", ".tsv", ".rss", ".atom", ".xml", ".zip", ".warc"))
    for article in articles:
        assert (article.source if isinstance(article, Document) else article.item).startswith(path.as_posix())
        assert not isinstance(article, Removed) or article.reason


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.sampled_from(["good", "broken", "empty", "typed"]), max_size=12))
def test_every_row_of_a_table_comes_out_once(tmp_path: Path, rows: list[str]) -> None:
    lines = {"good": '{"text": "One."}', "broken": "{", "empty": '{"text": " "}', "typed": '{"text": []}'}
    articles = read(write(tmp_path / "a.jsonl", "".join(f"{lines[row]}\n" for row in rows)))
    assert [isinstance(article, Document) for article in articles] == [row == "good" for row in rows]


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=60), min_size=1, max_size=6))
def test_in_is_out_plus_removed_for_any_bytes(tmp_path: Path, contents: list[bytes]) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    for i, content in enumerate(contents):
        (tmp_path / f"{i}.{'md' if i % 2 else 'txt'}").write_bytes(content)
    assert len(list(load_articles(tmp_path))) == len(contents)
