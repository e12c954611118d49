import pytest

from stance.labeling.ledger import ledger
from stance.labeling.rule_table import rule_table
from stance.records import Gold, Vote

SIDES = {"favor": 0.0, "against": 0.0, "neutral": 0.0, "unrelated": 0.0}


def gold(pair: str, label: str, *votes: Vote, source: str = "human") -> Gold:
    return Gold(pair_id=pair, probabilities=SIDES | {label: 1.0}, holder=None, weight=1, source=source, votes=votes)


def vote(pair: str, labeler: str, label: str | None, kind: str = "human", **more: float) -> Vote:
    return Vote(pair_id=pair, labeler=labeler, label=label, kind=kind, **more)


def test_the_ledger_counts_time_money_and_what_was_right() -> None:
    rows = [
        gold("p", "favor", vote("p", "ann", "favor", seconds=90), vote("p", "gpt", "favor", "llm", cost=0.01)),
        gold("q", "favor", vote("q", "ann", "favor", seconds=30), vote("q", "gpt", "neutral", "llm", cost=0.01)),
        gold("r", "against", vote("r", "ann", None, seconds=60), vote("r", "gpt", "against", "llm", cost=0.01)),
    ]
    ann, gpt = ledger(rows, hourly_rate=30.0)
    assert (ann.source, ann.votes, ann.abstentions, ann.minutes, ann.cost) == ("ann", 2, 1, 3.0, 1.5)
    assert (ann.judged, ann.agreement, ann.cost_per_correct) == (0, None, None)
    assert (gpt.judged, gpt.agreement) == (2, 0.5)
    assert gpt.cost_per_correct == pytest.approx(0.03 / 1.5)


def test_nobody_is_judged_by_himself_and_the_adjudicator_comes_first() -> None:
    cast = (vote("p", "ann", "favor"), vote("p", "bob", "neutral"), vote("p", "eve", "neutral", "adjudicated"))
    entries = {row.source: row for row in ledger([gold("p", "neutral", *cast)])}
    assert [entries[name].agreement for name in ("ann", "bob", "eve")] == [0.0, 1.0, None]
    assert entries["ann"].cost is None


def test_the_rule_table_counts_coverage_overlap_conflict_and_accuracy() -> None:
    rows = [
        gold("p", "favor", vote("p", "rule:supports", "favor", "rule"), vote("p", "rule:opposes", "against", "rule")),
        gold("q", "against", vote("q", "rule:supports", "favor", "rule"), vote("q", "rule:calls_for", "favor", "rule")),
        gold("r", "favor", vote("r", "rule:supports", "favor", "rule"), source="rules"),
        gold("s", "neutral", vote("s", "rule:supports", None, "rule")),
    ]
    table = {row.rule: row for row in rule_table(rows)}
    supports = table["supports"]
    assert (supports.votes, supports.coverage, supports.overlap, supports.conflict) == (3, 0.75, 0.5, 0.25)
    assert (supports.judged, supports.accuracy) == (2, 0.5)
    assert table["failure"].accuracy is None
