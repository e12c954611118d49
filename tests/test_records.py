import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stance.records import Document, Gold, Prediction, Sentence, document_id, normalise, pair_id


@given(st.text())
def test_normalised_text_is_stable_and_free_of_control_characters(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert "\r" not in once
    assert "\0" not in once


def test_line_ends_become_newlines() -> None:
    assert normalise("one\r\ntwo\rthree  \nfour") == "one\ntwo\nthree\nfour"


def test_a_sentence_whose_span_does_not_fit_is_refused() -> None:
    with pytest.raises(ValidationError, match="does not fit"):
        Sentence(id="a:0", document_id="a", index=0, start=3, end=5, text="abc")


@pytest.mark.parametrize("published", ["19 March 2011", "11-03-19", "2011-3-19"])
def test_a_date_that_is_no_iso_date_is_refused(published: str) -> None:
    with pytest.raises(ValidationError, match="expected a date like"):
        Document(id="a", text="t", source="a.txt", published=published)


@pytest.mark.parametrize("probabilities", [{"favor": 0.5, "against": 0.6}, {"favor": 1.5, "against": -0.5}, {}])
def test_probabilities_that_are_no_distribution_are_refused(probabilities: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="sum to 1"):
        Gold(pair_id="p", probabilities=probabilities, holder=None, weight=1.0, source="human", votes=())
    with pytest.raises(ValidationError, match="sum to 1"):
        Prediction(
            id="p", document="", start=0, end=1, text="t", target="x", label="favor", probabilities=probabilities
        )


def test_the_gold_label_is_the_most_probable() -> None:
    gold = Gold(
        pair_id="p", probabilities={"favor": 0.2, "against": 0.8}, holder=None, weight=1.0, source="human", votes=()
    )
    assert gold.label == "against"


def test_ids_depend_on_content_only() -> None:
    assert document_id("a") == document_id("a") != document_id("b")
    assert pair_id("d:0", "intervention in Mali") != pair_id("d:0", "intervention in Chad")


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Document.model_validate({"id": "a", "text": "t", "source": "s", "colour": "red"})
