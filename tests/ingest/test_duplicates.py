import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.made_articles import articles_with_copies
from stance.ingest.boilerplate import MIN_ARTICLES, repeated_keys, sentence_key
from stance.ingest.duplicates import Match, near_duplicates, signature

THRESHOLD = 0.3


def signatures(texts: list[str]) -> np.ndarray:
    return np.stack([signature(text) for text in texts])


def test_edited_copies_are_found_and_reports_of_one_event_are_not() -> None:
    texts, pairs = articles_with_copies(300, 60, seed=5)
    matches = near_duplicates(signatures(texts), THRESHOLD)
    assert {(match.first, match.number) for match in matches} == pairs
    assert all(match.similarity >= THRESHOLD for match in matches)


def test_a_cluster_has_one_first_article() -> None:
    texts, _ = articles_with_copies(4, 0, seed=1)
    found = near_duplicates(signatures([texts[0], texts[1], texts[0], texts[0], texts[1]]), THRESHOLD)
    assert found == [Match(2, 0, 1.0), Match(3, 0, 1.0), Match(4, 1, 1.0)]


def test_short_texts_are_left_alone() -> None:
    assert near_duplicates(signatures(["The council met on Monday."] * 3), THRESHOLD) == []
    assert near_duplicates(signatures([""]), THRESHOLD) == []


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_equal_texts_are_always_together(order: list[int]) -> None:
    texts, _ = articles_with_copies(6, 0, seed=2)
    matches = near_duplicates(signatures([texts[i] for i in order]), THRESHOLD)
    first = {i: order.index(i) for i in order}
    assert {m.number: m.first for m in matches} == {n: first[i] for n, i in enumerate(order) if first[i] != n}


def test_what_an_outlet_repeats_is_boilerplate() -> None:
    notice, plain = sentence_key("Daily", "Sign up for our  Letter."), sentence_key("Daily", "Troops left.")
    assert (
        notice == sentence_key("Daily", "sign up for our letter.") != sentence_key("Weekly", "Sign up for our letter.")
    )
    keys = np.array([notice] * MIN_ARTICLES + [plain] * MIN_ARTICLES + [0] * 9, np.uint64)
    articles = np.array([*range(MIN_ARTICLES), *([0] * MIN_ARTICLES), *range(9)])
    assert repeated_keys(keys, articles, np.full(len(keys), 20)).tolist() == [notice]
    assert repeated_keys(keys, articles, np.full(len(keys), 100_000)).tolist() == []
    assert sentence_key(None, "Sign up.") == 0
