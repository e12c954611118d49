from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.config import DataError
from stance.ingest.stage import IngestConfig, ingest, load_articles
from stance.records import Document, Removed, Sentence
from stance.storage import read_records

ARTICLE = "The council met. It voted for the mission."


def test_all_articles_are_read_or_accounted_for(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "good.txt").write_text(ARTICLE)
    (articles / "copy.txt").write_text(ARTICLE)
    (articles / "empty.txt").write_text("")
    (articles / "picture.jpg").write_bytes(b"\xff\xd8\0")
    counts = ingest(IngestConfig(articles=articles, output=tmp_path / "out")).counts
    assert counts == {"articles": 4, "documents": 1, "removed": 3, "sentences": 2}
    removed = list(read_records(tmp_path / "out" / "removed.jsonl", Removed))
    assert sorted(r.reason for r in removed) == ["duplicate text", "empty", "unknown file type"]
    (document,) = read_records(tmp_path / "out" / "documents.jsonl", Document)
    for sentence in read_records(tmp_path / "out" / "sentences.jsonl", Sentence):
        assert document.text[sentence.start : sentence.end] == sentence.text


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=60), min_size=1, max_size=6))
def test_in_is_out_plus_removed_for_any_bytes(tmp_path: Path, contents: list[bytes]) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    for i, content in enumerate(contents):
        (tmp_path / f"{i}.{'md' if i % 2 else 'txt'}").write_bytes(content)
    assert len(list(load_articles(tmp_path))) == len(contents)


def test_a_folder_without_a_readable_article_says_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "scan.pdf").write_bytes(b"%PDF")
    with pytest.raises(DataError, match=r"no article could be read \(.*scan\.pdf: unknown file type\)"):
        ingest(IngestConfig(articles=tmp_path / "articles", output=tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()
