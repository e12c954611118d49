from collections.abc import Sequence

import numpy as np
import pytest

from stance.labeling.label_errors import Labelled, contradictions, num_issues, rank_suspects
from stance.labeling.probabilities import joined, out_of_fold
from stance.labeling.second_opinion import Evidence, second_opinion
from stance.labels import LabelScheme

WORDS = {"favor": "welcomed praised backed", "against": "condemned rejected opposed", "neutral": "landed flew sailed"}


def rows(articles: int = 12) -> list[Labelled]:
    random = np.random.default_rng(0)
    found = []
    for article in range(articles):
        for label, words in WORDS.items():
            verbs = random.permutation(words.split())[:2]
            text = f"The people of town {article} {verbs[0]} and {verbs[1]} it."
            holder = None if label == "neutral" else "the people"
            found.append(Labelled(f"{article}:{label}", text, "t", label, holder, f"a{article}"))
    return found


def judged(given: list[Labelled], scheme: LabelScheme) -> np.ndarray:
    labels = np.array([scheme.index(row.label) for row in given])
    texts = joined([row.text for row in given], [row.target for row in given])
    return out_of_fold(texts, labels, [row.group for row in given], len(scheme.names))


def relabel(row: Labelled, label: str, holder: str | None) -> Labelled:
    return Labelled(row.pair_id, row.text, row.target, label, holder, row.group)


def test_out_of_fold_probabilities_know_the_easy_and_never_the_unheard_of(scheme: LabelScheme) -> None:
    given = rows()
    probabilities = judged(given, scheme)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert (probabilities[:, scheme.index("unrelated")] == 0).all()
    assert np.mean([scheme.names[p.argmax()] == row.label for p, row in zip(probabilities, given, strict=True)]) > 0.9


def test_one_article_has_no_other_to_learn_from(scheme: LabelScheme) -> None:
    with pytest.raises(ValueError, match="at least two articles"):
        judged(rows(1), scheme)


def random_vectors(texts: Sequence[str]) -> np.ndarray:
    """An encoder that knows nothing."""
    vectors = np.random.default_rng(0).normal(size=(len(texts), 8))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def opinions(given: list[Labelled], votes: list[dict[str, int]], scheme: LabelScheme) -> np.ndarray:
    labels = np.array([scheme.index(row.label) for row in given])
    evidence = Evidence([r.text for r in given], [r.target for r in given], [r.group for r in given], votes)
    words = np.full((len(given), len(scheme.names)), 1 / len(scheme.names))
    return second_opinion(words, evidence, random_vectors, labels, len(scheme.names))


def test_a_second_opinion_learns_from_machines_and_sees_no_label_of_its_article(scheme: LabelScheme) -> None:
    given = rows(24)
    random = np.random.default_rng(1)
    votes = [{"good": scheme.index(r.label), "noise": int(random.integers(4))} for r in given]
    found = opinions(given, votes, scheme)
    assert found.sum(axis=1) == pytest.approx(1)
    assert np.mean([scheme.names[p.argmax()] == r.label for p, r in zip(found, given, strict=True)]) > 0.7
    turned = [relabel(r, "unrelated", None) if r.group == "a3" else r for r in given]
    own = [i for i, r in enumerate(given) if r.group == "a3"]
    assert opinions(turned, votes, scheme)[own, scheme.index("unrelated")].max() == 0


def test_a_second_opinion_works_where_a_fold_knows_one_label_only(scheme: LabelScheme) -> None:
    given = [relabel(r, "favor" if r.group == "a0" else "neutral", None) for r in rows(2)]
    found = opinions(given, [{} for _ in given], scheme)
    assert found.sum(axis=1) == pytest.approx(1)


def test_a_flipped_label_is_listed_first(scheme: LabelScheme) -> None:
    given = rows()
    given[6] = relabel(given[6], "against", given[6].holder)
    probabilities = judged(given, scheme)
    first = rank_suspects(given, probabilities, scheme)[0]
    assert (first.pair_id, first.label, first.likely) == (given[6].pair_id, "against", "favor")
    assert num_issues(given, probabilities, scheme) >= 1


def test_a_holder_without_a_side_comes_before_all_doubts_of_the_model(scheme: LabelScheme) -> None:
    given = rows()
    given[6] = relabel(given[6], "against", given[6].holder)
    given[9] = relabel(given[9], "neutral", given[9].holder)
    first = rank_suspects(given, judged(given, scheme), scheme)[0]
    assert (first.pair_id, first.reason) == (given[9].pair_id, "takes no side, names a holder")


def test_holders_are_no_evidence_where_nobody_names_them(scheme: LabelScheme) -> None:
    given = [relabel(row, row.label, None) for row in rows()]
    assert not any("holder" in row.reason for row in rank_suspects(given, judged(given, scheme), scheme))


def test_near_identical_sentences_with_different_labels_are_found_and_minimal_pairs_are_not() -> None:
    text = "The council of the southern province welcomed the foreign mission on {}."
    base = [Labelled("p", text.format("Monday"), "t", "favor", "x", "a", "k"), relabel_pair("q", text, "neutral", "t")]
    assert [(a.pair_id, b.pair_id) for a, b, _ in contradictions(base)] == [("p", "q")]
    assert contradictions([base[0], relabel_pair("q", text, "favor", "t")]) == []
    assert contradictions([base[0], relabel_pair("q", text, "neutral", "another target")]) == []
    assert contradictions([base[0], relabel_pair("q", text, "neutral", "t", "k")]) == []


def relabel_pair(name: str, text: str, label: str, target: str, minimal: str | None = None) -> Labelled:
    return Labelled(name, text.format("Tuesday"), target, label, None, "b", minimal)
