import numpy as np
import pytest
from sklearn.metrics import f1_score

from stance.bootstrap import Resampling
from stance.labeling.agreement import Unit, mutual_macro_f1
from stance.labeling.annotators import abilities, against_others, annotator_rows, over_time
from stance.labels import LabelScheme
from stance.records import Gold, Vote

NAMES = ("favor", "against", "neutral", "unrelated")


def crowd(size: int, accuracy: dict[str, float]) -> list[Unit]:
    random = np.random.default_rng(0)
    truth = random.integers(4, size=size)
    right = {name: random.random(size) < share for name, share in accuracy.items()}
    guess = {name: random.integers(4, size=size) for name in accuracy}
    return [
        Unit({n: NAMES[t if right[n][i] else guess[n][i]] for n in accuracy}, f"article {i // 5}")
        for i, t in enumerate(truth)
    ]


def test_with_two_annotators_one_against_the_other_is_scikit_learns_macro_f1(scheme: LabelScheme) -> None:
    units = crowd(200, {"ann": 0.9, "bob": 0.7})
    own, others = against_others("ann", units, scheme)
    first, second = ([unit.labels[name] for unit in units] for name in ("ann", "bob"))
    assert float(mutual_macro_f1(own.sum(axis=0))) == pytest.approx(f1_score(second, first, average="macro"), abs=1e-12)
    assert others.sum() == 0


def test_an_annotator_who_guesses_is_suspicious_and_the_others_are_not(scheme: LabelScheme) -> None:
    units = crowd(300, {"ann": 0.9, "bob": 0.85, "cleo": 0.88, "guess": 0.1})
    rows = annotator_rows(units, scheme, Resampling(resamples=300))
    assert [row["annotator"] for row in rows if row["suspicious"]] == ["guess"]
    assert rows[0]["annotator"] == "guess"


def test_abilities_are_recovered(scheme: LabelScheme) -> None:
    accuracy = {"ann": 0.95, "bob": 0.8, "cleo": 0.6, "dan": 0.75}
    units = crowd(1500, accuracy)
    votes = [
        Vote(pair_id=str(i), labeler=name, label=label)
        for i, unit in enumerate(units)
        for name, label in unit.labels.items()
    ]
    found = {row["annotator"]: row["accuracy"] for row in abilities(votes, scheme)}
    # A guess is right once in four.
    expected = {name: share + (1 - share) / 4 for name, share in accuracy.items()}
    assert found == pytest.approx(expected, abs=0.03)


def test_agreement_over_time_follows_the_dates(scheme: LabelScheme) -> None:
    one = dict.fromkeys(NAMES, 0.0) | {"favor": 1.0}
    rows = [
        Gold(
            pair_id=str(i),
            probabilities=one,
            holder=None,
            weight=1.0,
            source="human",
            votes=(
                Vote(pair_id=str(i), labeler="ann", label="favor", created=f"2026-01-{i // 2 + 1:02}"),
                Vote(pair_id=str(i), labeler="bob", label="favor" if i < 20 else "neutral", created="2026-02-01"),
            ),
        )
        for i in range(40)
    ]
    periods = over_time(rows)
    assert sum(period["votes"] for period in periods) == 80
    assert (periods[0]["agreement"], periods[0]["first"]) == (1.0, "2026-01-01")
    assert periods[1]["agreement"] == 0.0
