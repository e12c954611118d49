import pytest

from stance.labeling.rules import rule_book, rule_votes, rules_say
from stance.labels import LabelScheme
from stance.records import Pair

PAIR = Pair(id="p", sentence_id="s", target="French intervention in Libya", place="Libya", intervener="France")
CASES = {
    "supports": [
        ("The assembly backed the air strikes.", "favor"),
        ("The assembly never backed the air strikes.", "against"),
        ("The assembly backed the budget.", None),
        ("The assembly debated whether it supported the air strikes.", None),
        ("The assembly supported the withdrawal of the troops.", None),
    ],
    "calls_for": [("The mayor called for air strikes.", "favor"), ("The mayor did not call for air strikes.", None)],
    "formal_act": [
        ("The council imposed new sanctions.", "favor"),
        ("New limits were imposed with the sanctions.", None),
    ],
    "opposes": [
        ("Elders condemned the foreign occupation.", "against"),
        ("Elders condemned the murder of a judge.", None),
        ("Elders have not condemned the foreign occupation.", None),
    ],
    "wants_the_end": [
        ("The party demanded the withdrawal of all soldiers.", "against"),
        ("The party never demanded a withdrawal.", "favor"),
    ],
    "opposes_the_end": [("The general criticised the withdrawal.", "favor")],
    "votes_it_down": [
        ("The senate voted against the mission.", "against"),
        ("The delegate vetoed the text.", "against"),
    ],
    "refuses": [("We will not send troops.", "against"), ("The minister refused to rule out the use of force.", None)],
    "must_act": [
        ("The world must intervene before the troops reach the town.", "favor"),
        ("The troops must act.", "favor"),
    ],
    "must_leave": [("The soldiers must leave.", "against"), ("The soldiers will leave on Monday.", None)],
    "blames": [("The bombing destroyed the country.", "against")],
    "unlawful": [("The strikes are illegal.", "against"), ("The harvest tax is illegal.", None)],
    "failure": [("The bombing was a disaster.", "against"), ("The harvest was a disaster.", None)],
    "effective": [("The strikes saved the town.", "favor")],
    "praises": [("People are grateful for the troops.", "favor")],
    "embargo": [("Delegates voted to keep the arms embargo.", "against")],
    "lifts_embargo": [("The envoy wants to lift the arms embargo.", "favor")],
    "options": [("All military options are on the table.", "favor")],
    "pledges": [("The king pledged to send troops.", "favor")],
    "warns": [("She warned that the strikes would inflame the region.", "against")],
    "regrets_absence": [("The troops came too late.", "favor")],
    "condemns_war_words": [("It is a military adventure.", "against")],
    "conditional_refusal": [("There is no military solution.", "against")],
    "retaliates": [("The group bombed a bus in retaliation for the air strikes.", "against")],
    "asks_scornfully": [("Who will count the dead when the bombing is over?", "against")],
    "protests": [("Students marched to protest the sanctions.", "against")],
    "disapproval": [("Soldiers should not be sent to a foreign war.", "against")],
    "denies_fact": [("The army denied that troops had crossed the border.", "neutral")],
    "act_in_background": [("The sanctions were imposed in 2011.", "neutral")],
    "plain_report": [
        ("Two jets struck the port.", "neutral"),
        ("The assembly backed the strikes and the jets struck the port.", None),
    ],
    "other_intervener": [("Russian jets struck the port.", "unrelated"), ("French jets struck the port.", None)],
    "off_topic": [
        ("Farmers expect a good harvest.", "unrelated"),
        ("Farmers in Libya expect a good harvest.", None),
        ("Troops passed the farm.", None),
    ],
}


@pytest.mark.parametrize(("rule", "text", "label"), [(name, *case) for name, cases in CASES.items() for case in cases])
def test_rules_vote_on_their_cue_and_abstain_without_it(rule: str, text: str, label: str | None) -> None:
    assert rule_book().rules[rule](text, PAIR) == label


def test_rules_that_take_a_side_are_silent_about_another_intervener() -> None:
    text = "Elders condemned the Russian air strikes."
    general = PAIR.model_copy(update={"target": "foreign intervention in Libya"})
    assert rule_book().rules["opposes"](text, PAIR) is None
    assert rule_book().rules["opposes"](text, general) == "against"


def test_every_rule_casts_one_vote_with_a_label_of_the_scheme(scheme: LabelScheme) -> None:
    text = "Two jets struck the port."
    votes = list(rule_votes(PAIR, rules_say(text, PAIR)))
    book = rule_book()
    assert len(book.rules) >= 15
    assert [vote.labeler for vote in votes] == [f"rule:{name}" for name in book.rules]
    assert {vote.kind for vote in votes} == {"rule"}
    assert set(book.labels.values()) <= set(scheme.names)
