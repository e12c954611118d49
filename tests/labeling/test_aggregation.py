import pytest

from stance.labeling.aggregation import RULE_WEIGHT, aggregate
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
