import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.made_articles import Maker, many_articles
from stance.config import DataError
from stance.ingest import shards
from stance.ingest.fetch import FetchConfig
from stance.ingest.readers import Columns
from stance.ingest.shards import Reading, make_parts, parts
from stance.ingest.stage import IngestConfig, ingest
from stance.manifest import fingerprint
from stance.mapping import map_here
from stance.records import Copy, Document, Pair, Removed, Sentence
from stance.storage import read_records
from tests.conftest import ROOT
from tests.ingest.samples import BODY, write

ARTICLE = "The council met. It voted for the mission."
GERMAN = "Der Rat stimmte am Montag für den Einsatz der Truppen im Norden des Landes. " * 4
READING = Reading(Columns(), FetchConfig(), (), relevant_only=False)


def run(articles: Path, output: Path, **changes: object) -> dict[str, int]:
    return ingest(IngestConfig.model_validate({"articles": articles, "output": output, **changes})).counts


def test_all_articles_are_read_or_accounted_for(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    write(articles / "good.txt", ARTICLE)
    write(articles / "copy.txt", ARTICLE)
    write(articles / "empty.txt", "")
    write(articles / "german.txt", GERMAN)
    write(articles / "picture.jpg", b"\xff\xd8\0")
    counts = run(articles, tmp_path / "out")
    assert counts["articles"] == 5 == counts["documents"] + counts["removed"]
    assert (counts["documents"], counts["sentences"], counts["duplicates"]) == (1, 2, 1)
    removed = list(read_records(tmp_path / "out" / "removed.jsonl", Removed))
    assert sorted(r.reason for r in removed) == ["another language", "duplicate text", "empty", "unknown file type"]
    (document,) = read_records(tmp_path / "out" / "documents.jsonl", Document)
    for sentence in read_records(tmp_path / "out" / "sentences.jsonl", Sentence):
        assert document.text[sentence.start : sentence.end] == sentence.text


def test_copies_stay_with_their_evidence(tmp_path: Path) -> None:
    maker = Maker(3)
    original = maker.article()
    write(tmp_path / "in" / "a.txt", "\n".join(original))
    write(tmp_path / "in" / "b.txt", "\n".join(maker.edited(original)))
    write(tmp_path / "in" / "c.txt", "\n".join(maker.article()))
    write(tmp_path / "in" / "d.md", "---\noutlet: The Wire\n---\n" + "\n".join(original))
    counts = run(tmp_path / "in", tmp_path / "out", languages=())
    assert (counts["documents"], counts["duplicates"], counts["removed"]) == (3, 2, 1)
    a, b, c = read_records(tmp_path / "out" / "documents.jsonl", Document)
    assert (a.copies, b.copies, c.copies) == ((b.id,), (a.id,), ())
    near, exact = read_records(tmp_path / "out" / "duplicates.jsonl", Copy)
    assert (near.copy_of, exact.copy_of, exact.similarity, exact.outlet) == (a.id, a.id, 1.0, "The Wire")
    assert 0.3 <= near.similarity < 1


def test_boilerplate_of_an_outlet_is_set_aside(tmp_path: Path) -> None:
    maker = Maker(4)
    for number in range(6):
        text = maker.paragraph() + "\n\nSign up for our morning letter."
        write(tmp_path / "in" / f"{number}.md", f"---\noutlet: The Daily\n---\n{text}\n")
    counts = run(tmp_path / "in", tmp_path / "out", languages=())
    assert (counts["sentences"], counts["removed_sentences"]) == (24, 6)
    removed = list(read_records(tmp_path / "out" / "removed.jsonl", Removed))
    assert {(r.reason, r.detail) for r in removed} == {("repeated by its outlet", "Sign up for our morning letter.")}


def test_what_is_not_about_intervention_can_be_set_aside(tmp_path: Path) -> None:
    lines = ["Russian jets struck a port in Libya.", "It was hot.", "Farmers were happy.", "Rain came.", "It was late."]
    text = "\n\n".join(lines)
    write(tmp_path / "in" / "a.txt", text)
    write(tmp_path / "in" / "b.txt", "The harvest was good. Farmers were happy.")
    counts = run(tmp_path / "in", tmp_path / "out", relevant_only=True, propose_targets=True)
    assert (counts["documents"], counts["removed"]) == (1, 1)
    assert (counts["sentences"] + counts["removed_sentences"], counts["proposals"]) == (5, counts["sentences"])
    pair = next(iter(read_records(tmp_path / "out" / "proposals.jsonl", Pair)))
    assert (pair.target, pair.intervener, pair.place) == ("Russian intervention in Libya", "Russia", "Libya")


def test_a_folder_without_a_readable_article_says_what_was_found(tmp_path: Path) -> None:
    write(tmp_path / "articles" / "scan.pdf", b"%PDF")
    with pytest.raises(DataError, match=r"no article could be read \(.*scan\.pdf: damaged PDF\)"):
        run(tmp_path / "articles", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="the folder is empty"):
        run(tmp_path / "empty", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()


def test_the_number_of_workers_does_not_change_a_bit(tmp_path: Path) -> None:
    for number, text in enumerate(many_articles(shards.UNIT_FILES * 2, seed=6)):
        write(tmp_path / "in" / f"{number:04}.txt", text[:600])
    run(tmp_path / "in", tmp_path / "one", workers=1, languages=())
    run(tmp_path / "in", tmp_path / "two", workers=2, languages=())
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")


def test_a_file_of_many_articles_is_read_on_where_it_stopped(tmp_path: Path) -> None:
    rows = [{"text": f"Article {number}. {BODY}"} for number in range(shards.PART_ARTICLES * 2 + 10)]
    write(tmp_path / "in" / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    for name in ("whole", "broken"):
        make_parts(tmp_path / "in", READING, tmp_path / name, map_here)
    first, second, third = parts(tmp_path / "broken")
    kept = first.stat().st_mtime_ns
    for path in (*second.iterdir(), *third.iterdir(), tmp_path / "broken" / ".000000.done"):
        path.unlink()
    second.rmdir()
    third.rmdir()
    (tmp_path / "broken" / f".{second.name}.partial").mkdir()
    make_parts(tmp_path / "in", READING, tmp_path / "broken", map_here)
    assert first.stat().st_mtime_ns == kept
    for one, other in zip(parts(tmp_path / "whole"), parts(tmp_path / "broken"), strict=True):
        for name in ("documents.jsonl", "sentences.jsonl", "removed.jsonl"):
            assert (one / name).read_bytes() == (other / name).read_bytes()


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(tmp_path: Path) -> None:
    for number, text in enumerate(many_articles(shards.UNIT_FILES * 4, seed=7)):
        write(tmp_path / "in" / f"{number:05}.txt", text)
    arguments = [f"ingest.articles={tmp_path / 'in'}", f"ingest.output={tmp_path / 'out'}", "ingest.languages=[]"]
    command = [sys.executable, str(ROOT / "scripts" / "ingest.py"), *arguments, "ingest.workers=2"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    folder = tmp_path / "out.partial" / "parts"
    while process.poll() is None and not list(folder.glob(".*.done")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, (out, error)
    assert "Traceback" not in error
    done = {path: path.stat().st_mtime_ns for path in folder.glob(".*.done")}
    assert 0 < len(done) < 4
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "resuming" in again.stderr
    assert f"{len(done)} of 4 units were read before" in again.stderr
    assert f"{shards.UNIT_FILES * 4} articles" in again.stdout
