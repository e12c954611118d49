import pytest

from stance.labeling.aggregation import MODEL_WEIGHT, RULE_WEIGHT, aggregate
from stance.labels import LabelScheme
from stance.records import Vote


def vote(label: str | None, kind: str = "human", pair: str = "p", holder: str | None = None) -> Vote:
    return Vote(pair_id=pair, labeler=f"{kind} one", label=label, kind=kind, holder=holder)


def test_the_adjudicated_label_decides(scheme: LabelScheme) -> None:
    votes = [vote("neutral", "adjudicated"), vote("favor"), vote("favor"), vote("favor", "rule")]
    (gold,) = aggregate(votes, scheme).gold
    assert gold.label == "neutral"
    assert gold.probabilities["neutral"] == 1
    assert gold.votes == tuple(votes)


def test_without_one_people_share_the_probability_and_rules_are_not_heard(scheme: LabelScheme) -> None:
    votes = [vote("favor", holder="x"), vote("favor"), vote("against"), vote("neutral", "rule")]
    (gold,) = aggregate(votes, scheme).gold
    assert gold.probabilities == pytest.approx({"favor": 2 / 3, "against": 1 / 3, "neutral": 0, "unrelated": 0})
    assert (gold.holder, gold.source, gold.weight) == ("x", "human", 1.0)


def test_rules_decide_where_nobody_else_spoke_at_a_lower_weight(scheme: LabelScheme) -> None:
    (gold,) = aggregate([vote(None, "rule"), vote("against", "rule")], scheme).gold
    assert (gold.label, gold.source, gold.weight) == ("against", "rules", RULE_WEIGHT)


def test_a_pair_on_which_all_abstain_has_no_gold(scheme: LabelScheme) -> None:
    votes = [vote(None, "rule", "p"), vote("favor", "human", "q")]
    assert [gold.pair_id for gold in aggregate(votes, scheme).gold] == ["q"]


def test_a_model_and_rules_are_weighed_by_what_people_said_elsewhere(scheme: LabelScheme) -> None:
    cast = [
        row
        for i in range(40)
        for row in (
            vote("favor" if i % 2 else "neutral", "human", f"{i:02}"),
            Vote(pair_id=f"{i:02}", labeler="good", label="favor" if i % 2 else "neutral", kind="llm"),
            Vote(pair_id=f"{i:02}", labeler="bad", label="neutral" if i % 2 else "favor", kind="rule"),
        )
    ]
    open_pair = [
        Vote(pair_id="z", labeler="bad", label="neutral", kind="rule"),
        Vote(pair_id="z", labeler="good", label="favor", kind="llm"),
    ]
    result = aggregate([*cast, *open_pair], scheme)
    assert (result.gold[-1].label, result.gold[-1].source, result.gold[-1].weight) == ("favor", "models", MODEL_WEIGHT)
    accuracy = {row.source: row.accuracy for row in result.sources}
    assert accuracy["good"] > 0.9
    assert accuracy["bad"] < 0.2


def test_the_holder_is_that_of_those_who_decided(scheme: LabelScheme) -> None:
    cast = [vote("favor", "rule", holder="r"), vote("favor", holder="h"), vote("favor", "adjudicated", holder="a")]
    (gold,) = aggregate(cast, scheme).gold
    assert gold.holder == "a"
