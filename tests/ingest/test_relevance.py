import pytest

from stance.ingest.names import gazetteer
from stance.ingest.relevance import article_is_relevant, sentence_is_relevant
from stance.ingest.sentences import split_sentences
from stance.ingest.targets import propose, propose_pairs
from stance.records import Document


@pytest.mark.parametrize(
    "text",
    [
        "The council asked for an intervention.",
        "Sanctions were lifted on Monday.",
        "No-fly zones are acts of war.",
        "Mercenaries arrived by sea.",
        "The last peacekeepers withdrew.",
    ],
)
def test_sentences_about_intervention_are_kept(text: str) -> None:
    assert sentence_is_relevant(text)


def test_a_neighbour_may_explain_a_sentence() -> None:
    assert not sentence_is_relevant("Moscow is silent about it.")
    assert sentence_is_relevant("Moscow is silent about it.", before="Jets struck the port.")
    assert not sentence_is_relevant("He is silent about it.", before="It rained.")


def test_articles_need_a_party_and_a_form() -> None:
    assert article_is_relevant(None, "French troops landed in Mali.")
    assert not article_is_relevant("Harvest in Mali", "Farmers were happy.")
    assert not article_is_relevant(None, "The troops of ants marched on.")


def test_names_adjectives_capitals_and_aliases_are_one() -> None:
    text = "The U.S. and Moscow clashed over Libyan arms, said NATO; Iran’s Houthis, the Syrians and us watched."
    names = [mention.name for mention in gazetteer().mentions(text)]
    assert names == ["US", "Russia", "Libya", "NATO", "Iran", "Yemen", "Syria"]
    assert [text[m.start : m.end] for m in gazetteer().mentions(text)][:3] == ["U.S.", "Moscow", "Libyan"]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Russian jets struck a port in Libya.", "Russian intervention in Libya"),
        ("He urged the US to send troops to Haiti.", "US intervention in Haiti"),
        ("NATO's bombing of Serbia lasted 78 days.", "NATO intervention in Serbia"),
        ("Kenyan forces crossed into Somalia.", "Kenyan intervention in Somalia"),
        ("Britain's troops left Afghanistan.", "British intervention in Afghanistan"),
        ("Troops landed in Mali.", "foreign intervention in Mali"),
        ("Troops landed.", "foreign intervention"),
    ],
)
def test_targets_are_proposed(text: str, target: str) -> None:
    assert propose(text).target == target


def test_the_article_helps_where_a_sentence_is_silent() -> None:
    text = "French jets struck rebels in Mali. French troops followed to Mali's north. The strikes were wrong, he said."
    document = Document(id="d", text=text, source="d.txt")
    pairs = list(propose_pairs(document, split_sentences(document)))
    assert [pair.target for pair in pairs] == ["French intervention in Mali"] * 3
