import numpy as np
import pytest

from stance.labeling.label_errors import Labelled, contradictions, num_issues, rank_suspects
from stance.labeling.probabilities import joined, out_of_fold
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
