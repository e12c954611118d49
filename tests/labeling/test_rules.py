import pytest

from stance.labeling.rules import RULES, apply_rules
from stance.records import Pair, Sentence

PAIR = Pair(id="p", sentence_id="s", target="foreign intervention in Libya", place="Libya", intervener="France")


@pytest.mark.parametrize(
    ("rule", "text", "label"),
    [
        ("supports", "The assembly backed the air strikes.", "favor"),
        ("supports", "The assembly never backed the air strikes.", "against"),
        ("supports", "The assembly backed the budget.", None),
        ("opposes", "Elders condemned the foreign occupation.", "against"),
        ("opposes", "Elders condemned the murder of a judge.", None),
        ("opposes", "Elders have not condemned the foreign occupation.", None),
        ("wants_withdrawal", "The party demanded that the last soldiers leave.", "against"),
        ("wants_withdrawal", "The soldiers will leave on Monday.", None),
        ("judges", "The bombing was a disaster.", "against"),
        ("judges", "The harvest was a disaster.", None),
        ("plain_report", "Two jets struck the port.", "neutral"),
        ("plain_report", "“Two jets struck the port,” he said.", None),
        ("plain_report", "The assembly backed the strikes and the jets struck the port.", None),
        ("off_topic", "Farmers expect a good harvest.", "unrelated"),
        ("off_topic", "Farmers in Libya expect a good harvest.", None),
        ("off_topic", "Troops passed the farm.", None),
    ],
)
def test_rules_vote_on_their_cue_and_abstain_without_it(rule: str, text: str, label: str | None) -> None:
    assert RULES[rule](text, PAIR) == label


def test_every_rule_casts_one_vote() -> None:
    text = "Two jets struck the port."
    sentence = Sentence(id="s", document_id="d", index=0, start=0, end=len(text), text=text)
    votes = list(apply_rules(sentence, PAIR))
    assert [vote.labeler for vote in votes] == [f"rule:{name}" for name in RULES]
    assert {vote.kind for vote in votes} == {"rule"}
