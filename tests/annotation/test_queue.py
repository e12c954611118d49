"""From files to what a coder is shown."""

import json
from pathlib import Path

import pytest

from stance.annotation.guidelines import blocks, version
from stance.annotation.queue import read_queue
from stance.config import ConfigError, DataError
from stance.records import Pair
from stance.storage import read_records
from tests.annotation.conftest import SENTENCES, TARGET
from tests.conftest import ROOT


def pairs_of(project: Path) -> list[Pair]:
    return list(read_records(project / "labels" / "pairs.jsonl", Pair))


def write_lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_pairs_come_with_their_context_in_order(project: Path) -> None:
    queue = read_queue(project / "sentences", project / "labels")
    assert [item.pair_id for item in queue.items] == [pair.id for pair in pairs_of(project)]
    item = queue.items[1]
    assert (item.before, item.text, item.after) == SENTENCES[:3]
    assert (item.target, item.title, item.outlet, item.published) == (
        TARGET,
        "Monday in Edelweiss",
        "The Courier",
        "1934-03-19",
    )


def test_targets_are_asked_of_every_sentence_besides(project: Path) -> None:
    queue = read_queue(project / "sentences", None, ["Borduran intervention in Syldavia"])
    assert len(queue.items) == 20
    both = read_queue(project / "sentences", project / "labels", [TARGET, "Borduran intervention in Syldavia"])
    assert (len(both.items), len(both.removed)) == (40, 20)
    assert {row.reason for row in both.removed} == {"duplicate pair"}


def test_a_plan_says_who_labels_what_in_which_order(project: Path) -> None:
    first, second, third = pairs_of(project)[:3]
    entry = {"reason": "random", "random": True, "inclusion_probability": 0.1, "purpose": "train"}
    rows = [{"pair_id": p.id, "coders": coders} | entry for p, coders in ((third, ["ana", "ben"]), (first, ["ben"]))]
    folder = write_lines(project / "queue" / "plan.jsonl", *rows).parent
    write_lines(folder / "pairs.jsonl", *(p.model_dump() for p in (first, second, third)))
    queue = read_queue(project / "sentences", folder)
    assert [item.pair_id for item in queue.of("ben")] == [third.id, first.id]
    assert [item.pair_id for item in queue.of("ana")] == [third.id]
    assert queue.of("cyd") == []
    assert queue.assigned == ["ana", "ben"]


def test_what_cannot_be_used_is_counted_or_named(project: Path) -> None:
    good = pairs_of(project)[0]
    path = write_lines(project / "p.jsonl", good.model_dump(), {"id": "x:0:1", "sentence_id": "x:0", "target": "t"})
    queue = read_queue(project / "sentences", path)
    assert len(queue.items) + len(queue.removed) == 2
    assert queue.removed[0].reason == "unknown sentence id"
    with pytest.raises(DataError, match=r"q\.jsonl:1: expected sentence_id and target"):
        read_queue(project / "sentences", write_lines(project / "q.jsonl", {"pair_id": "x"}))
    with pytest.raises(DataError, match="a list of names"):
        read_queue(project / "sentences", write_lines(project / "q.jsonl", good.model_dump() | {"coders": "ana"}))
    with pytest.raises(DataError, match="no pair could be queued"):
        read_queue(
            project / "sentences", write_lines(project / "q.jsonl", {"id": "i", "sentence_id": "x", "target": "t"})
        )
    with pytest.raises(ConfigError, match="nothing to label"):
        read_queue(project / "sentences", None)


def test_suggestions_are_predictions_or_votes(project: Path) -> None:
    first, second, third = (pair.id for pair in pairs_of(project)[:3])
    rows = [
        {"id": first, "label": "favor", "probabilities": {"favor": 0.75, "against": 0.25}},
        {"pair_id": second, "label": "against", "confidence": 0.5, "labeler": "rule:x"},
        {"pair_id": third, "label": None, "labeler": "rule:y"},
        {"pair_id": "elsewhere", "label": "favor"},
    ]
    path = write_lines(project / "s.jsonl", *rows)
    found = read_queue(project / "sentences", project / "labels", (), path).suggestions
    assert {k: (s.label, s.confidence, s.by) for k, s in found.items()} == {
        first: ("favor", 0.75, None),
        second: ("against", 0.5, "rule:x"),
    }


def test_guidelines_become_blocks_of_text() -> None:
    text = "# Title\n\nVersion 2.0-b. A *b* **c** `d` [e](javascript:f) <i>g</i>\nh\n\n"
    text += "| a | b |\n| --- | :-: |\n| 1 | 2 |\n\n1. one\n   - inner\n   more\n2. two\n"
    heading, paragraph, table, items = blocks(text)
    assert version(text) == "2.0-b"
    assert heading == {"kind": "heading", "level": 1, "spans": [("text", "Title")]}
    assert [span for span in paragraph["spans"] if span[0] != "text"] == [("em", "b"), ("strong", "c"), ("code", "d")]
    assert "".join(span[1] for span in paragraph["spans"]) == "Version 2.0-b. A b c d e <i>g</i> h"
    assert (table["head"], table["rows"]) == ([[("text", "a")], [("text", "b")]], [[[("text", "1")], [("text", "2")]]])
    assert [len(item["children"]) for item in items["items"]] == [1, 0]
    assert items["items"][0]["children"][0] == [("text", "inner"), ("text", " more")]


def test_our_own_guidelines_are_whole() -> None:
    text = (ROOT / "docs" / "annotation-guidelines.md").read_text(encoding="utf-8")
    found = blocks(text)
    (rules,) = [block for block in found if block["kind"] == "list" and block["ordered"]]
    assert len(rules["items"]) == 22
    assert sum(block["kind"] == "table" for block in found) == 2
    assert version(text)
