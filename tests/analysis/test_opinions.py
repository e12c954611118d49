import pytest

from stance.analysis.groups import GROUPINGS, group_of
from stance.analysis.opinions import join
from stance.records import Document, Pair, Prediction


def prediction(number: int, target: str, document: str = "d") -> Prediction:
    place = {"document": document, "start": 0, "end": 1, "text": "S"}
    return Prediction(id=f"{document}:{number}:t", target=target, label="favor", probabilities={"favor": 1.0}, **place)


def test_predictions_are_joined_with_what_is_known_and_nothing_is_lost() -> None:
    document = Document(id="d", text="S", source="a/b.txt", outlet="Wire", published="2011-03-19")
    first = prediction(0, "Russian intervention in Libya")
    pair = Pair(id=first.id, sentence_id="d:0", target=first.target, intervener="Russia")
    given = [first, prediction(1, "sanctions"), first, prediction(0, "t", "gone")]
    opinions, removed = join(given, {pair.id: pair}, {"d": document})
    assert len(given) == len(opinions) + len(removed)
    assert [row.reason for row in removed] == [
        "second prediction for the pair",
        "its article is not among the documents",
    ]
    assert (opinions[0].intervener, opinions[0].place) == ("Russia", "Libya")
    assert (opinions[1].intervener, opinions[1].place) == (None, None)
    found = {kind: group_of(opinions[0], kind) for kind in GROUPINGS}
    assert found["year"] == "2011"
    assert found["outlet"] == "Wire"
    assert found["author"] is None
    with pytest.raises(ValueError, match="no grouping 'planet'; expected one of target, intervener"):
        group_of(opinions[0], "planet")
