from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.ingest.sentences import sentence_offsets, split_sentences
from stance.records import Document, normalise
from tests.ingest.boundaries import passages, score

SEED = Path(__file__).parents[3] / "shared" / "seeds" / "haftar-russia-libya.txt"
SEED_STARTS = [0, 160, 388, 422, 516, 601, 717, 864, 959, 1075, 1182, 1282, 1443, 1628, 1754, 1908, 1962, 2059]
SEED_STARTS += [2126, 2218, 2369, 2501, 2584, 2777, 2918, 3145]


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_offsets(text)]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_offsets_are_exact_and_cover_all_that_is_not_white_space(text: str) -> None:
    text = normalise(text)
    spans = sentence_offsets(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())


def test_hard_boundaries() -> None:
    everything = passages()
    quotes = sum(len(passage.ends) for passage in everything if passage.section == "quotes")
    assert sum(len(passage.ends) for passage in everything) >= 250
    assert quotes >= 125
    assert score(lambda text: [end for _, end in sentence_offsets(text)], everything).f1 >= 0.98


@given(
    st.lists(
        st.sampled_from(["Troops left.", "He said: “No.”", "Mr. Ba agreed…", "\n\n", " ", "“Why?” Gen. Ko asked."])
    )
)
def test_sentences_hold_their_text_and_their_neighbours(parts: list[str]) -> None:
    document = Document(id="d", text=normalise("".join(parts)), source="d.txt")
    sentences = list(split_sentences(document))
    for i, sentence in enumerate(sentences):
        assert document.text[sentence.start : sentence.end] == sentence.text
        assert sentence.before == (sentences[i - 1].text if i else "")
        assert sentence.after == (sentences[i + 1].text if i + 1 < len(sentences) else "")


@pytest.mark.parametrize(
    "sentences",
    [
        ["Lt. Gen. Amos Ruhara met U.S. officials in Washington, D.C., on Sept. 4.", "No pact was signed."],
        ["“We will not send troops,” the minister said.", "“That is final.”"],
        ["Sen. Lowe (R-Ariz.), who leads the panel, backed it.", "Others did not."],
        ["They met in New York.", "A clearing house was hit.", "Maj. A. Cole fled."],
        ["The raid began at 4 a.m. in the dark.", "By 9 p.m. it was over."],
    ],
)
def test_abbreviations_and_quotes(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


def test_a_missing_space_after_a_full_stop_ends_a_sentence() -> None:
    assert split("They took the city.The army fled to www.Example.Com at once.") == [
        "They took the city.",
        "The army fled to www.Example.Com at once.",
    ]


def test_headlines_on_a_line_of_their_own_are_sentences() -> None:
    body = "The council met on Monday and discussed the request that the government had made in a letter a week before."
    assert split(f"Council meets on arms\n{body}") == ["Council meets on arms", body]


def test_lines_wrapped_by_hand_are_joined() -> None:
    assert split("The council met on Monday\nand adjourned.\n\nNo vote was taken.") == [
        "The council met on Monday\nand adjourned.",
        "No vote was taken.",
    ]


@pytest.mark.skipif(not SEED.is_file(), reason="the seed article is not beside this checkout")
def test_the_seed_article() -> None:
    assert [start for start, _ in sentence_offsets(normalise(SEED.read_text(encoding="utf-8")))] == SEED_STARTS
