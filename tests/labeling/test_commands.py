"""The round that a team goes: plan, code, import, agree, adjudicate, judge."""

import json
from pathlib import Path

import pytest

from stance.config import ConfigError
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling.commands import (
    QueueRequest,
    export_disagreements,
    export_labels,
    import_votes,
    make_queue,
    write_quality,
)
from stance.labeling.exchange import FORMATS
from stance.labeling.quality import Options
from stance.labeling.queue import QueueEntry
from stance.labeling.stage import LabelConfig, label
from stance.labels import LabelScheme
from stance.records import Gold, Pair, Removed, Vote
from stance.storage import read_records, write_records
from tests.conftest import run_script, write_corpus

TARGET = "UN intervention"


@pytest.fixture
def team(tmp_path: Path, scheme: LabelScheme) -> Path:
    """A folder with `sentences`, and `first` labels of four of six articles."""
    places = ("Libya", "Mali", "Syria", "Haiti", "Yemen", "Chad")
    corpus = write_corpus(tmp_path / "corpus", places)
    ingest(IngestConfig(articles=corpus / "articles", output=tmp_path / "sentences"))
    lines = (corpus / "annotations.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "annotations.jsonl").write_text("".join(lines[:16]))
    run_label(tmp_path, scheme, "first")
    return tmp_path


def run_label(team: Path, scheme: LabelScheme, output: str, *folders: str) -> LabelConfig:
    config = LabelConfig(
        sentences=team / "sentences",
        annotations=team / "annotations.jsonl",
        votes=tuple(team / folder / "votes.jsonl" for folder in folders),
        pairs=tuple(team / folder / "pairs.jsonl" for folder in folders),
        scheme=scheme,
        output=team / output,
    )
    label(config)
    return config


def code(team: Path, scheme: LabelScheme, answers: dict[str, str]) -> None:
    """Each coder fills in the queue as a spreadsheet: always the same answer."""
    for coder, answer in answers.items():
        path = team / "queue" / f"{coder}.csv"
        items = FORMATS["csv"].read(path)
        votes = {i.pair_id: (Vote(pair_id=i.pair_id, labeler=coder, label=answer, seconds=6),) for i in items}
        FORMATS["csv"].write(path, [i.model_copy(update={"votes": votes[i.pair_id]}) for i in items], scheme)


def test_from_a_queue_to_adjudicated_gold(team: Path, scheme: LabelScheme) -> None:
    request = QueueRequest(coders=["ann", "bob"], size=6, targets=[TARGET], random_share=0.5, format="csv")
    text = make_queue(team / "sentences", team / "first", team / "queue", request)
    assert "3 were drawn at random, each pair of the pool with probability 0.125" in text
    plan = list(read_records(team / "queue" / "plan.jsonl", QueueEntry))
    assert [e.inclusion_probability for e in plan if e.random] == [3 / 24] * 3
    with pytest.raises(ConfigError, match="never overwritten"):
        make_queue(team / "sentences", team / "first", team / "queue", request)

    code(team, scheme, {"ann": "favor", "bob": "neutral"})
    files = [team / "queue" / f"{coder}.csv" for coder in ("ann", "bob")]
    assert import_votes(files, team / "coded", "csv", guidelines="1.1")["votes"] == 12
    run_label(team, scheme, "second", "coded")
    assert json.loads((team / "second" / "agreement.json").read_text())["units"] == 6

    assert export_disagreements(team / "sentences", team / "second", team / "open.json", "label-studio") == 6
    items = FORMATS["label-studio"].read(team / "open.json")
    assert {item.answers for item in items} == {"favor | neutral"}
    settled = [
        i.model_copy(update={"votes": (Vote(pair_id=i.pair_id, labeler="eve", label="against"),)}) for i in items
    ]
    FORMATS["label-studio"].write(team / "settled.json", settled, scheme)
    import_votes([team / "settled.json"], team / "eve", "label-studio", kind="adjudicated")
    config = run_label(team, scheme, "third", "coded", "eve")
    decided = [
        row for row in read_records(config.output / "gold.jsonl", Gold) if row.pair_id in {i.pair_id for i in items}
    ]
    assert {row.label for row in decided} == {"against"}
    assert all({"ann", "bob", "eve"} <= {vote.labeler for vote in row.votes} for row in decided)
    assert export_disagreements(team / "sentences", team / "third", team / "none.json", "label-studio") == 0


def test_the_quality_of_labels_is_one_page_and_its_lists(team: Path, scheme: LabelScheme) -> None:
    counts = write_quality(team / "sentences", team / "first", team / "quality", Options(next_labels=50))
    figures = json.loads((team / "quality" / "quality.json").read_text())
    page = (team / "quality" / "quality.html").read_text()
    assert counts["pairs"] == figures["pairs"] == 16
    assert "No pair was labelled by two people" in page
    assert figures["next_labels"]["text"] in page
    assert len((team / "quality" / "suspects.jsonl").read_text().splitlines()) == 16
    assert "http" not in page.replace("http-equiv", "")


def test_an_encoder_may_judge_the_labels_too(team: Path, encoder: Path) -> None:
    for name, judge in (("words", None), ("both", str(encoder))):
        write_quality(team / "sentences", team / "first", team / name, Options(), encoder=judge)
    words, both = ((team / name / "suspects.jsonl").read_text() for name in ("words", "both"))
    assert len(both.splitlines()) == 16
    assert words != both
    with pytest.raises(ConfigError, match="nowhere"):
        write_quality(team / "sentences", team / "first", team / "none", Options(), encoder=str(team / "nowhere"))


def test_what_people_have_labelled_can_be_exported_and_comes_back(team: Path, scheme: LabelScheme) -> None:
    assert export_labels(team / "sentences", team / "first", team / "all.json", "argilla", "people") == 16
    import_votes([team / "all.json"], team / "again", "argilla")
    votes = list(read_records(team / "again" / "votes.jsonl", Vote))
    gold = list(read_records(team / "first" / "gold.jsonl", Gold))
    assert votes == [vote for row in gold for vote in row.votes if vote.kind == "adjudicated"]


def test_strange_and_repeated_votes_are_set_aside(team: Path, scheme: LabelScheme) -> None:
    pair = next(read_records(team / "first" / "pairs.jsonl", Pair)).id
    cast = [
        Vote(pair_id="nowhere", labeler="ann", label="favor"),
        Vote(pair_id=pair, labeler="ann", label="favor", created="2026-02-02"),
        Vote(pair_id=pair, labeler="ann", label="neutral", created="2026-01-01"),
    ]
    (team / "odd").mkdir()
    write_records(team / "odd" / "votes.jsonl", cast)
    write_records(team / "odd" / "pairs.jsonl", [])
    config = run_label(team, scheme, "second", "odd")
    removed = [(row.item, row.reason) for row in read_records(config.output / "removed.jsonl", Removed)]
    assert removed == [("nowhere", "vote on an unknown pair"), (pair, "repeated vote")]
    (gold,) = [row for row in read_records(config.output / "gold.jsonl", Gold) if row.pair_id == pair]
    assert [vote.label for vote in gold.votes if vote.labeler == "ann"] == ["favor"]


def test_the_script_plans_a_test_set(team: Path) -> None:
    shared = [
        "--sentences",
        str(team / "sentences"),
        "--labels",
        str(team / "first"),
        "--coder",
        "ann",
        "--coder",
        "bob",
    ]
    request = ["plan-queue", *shared, "--size", "5", "--target", TARGET, "--purpose", "test"]
    done = run_script("annotations", *request, "--output", str(team / "queue"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "All of them may be used to estimate shares and to test." in done.stdout
