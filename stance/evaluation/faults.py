"""Faults that make a figure worthless, each by its name: what a sceptical reader would look for first."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.evaluation.answers import Answers
from stance.evaluation.metrics import accuracy, confusion_matrix
from stance.evaluation.pairs import Pairs
from stance.labels import LabelScheme

CONSTANT_SHARE = 0.99
SAME_SET_SHARE = 0.5
"""Of the measured pairs in common with training: then it is no measured set at all."""
CONTRADICTION_SHARE = 0.01
MIN_TEXTS = 5
"""Fewer sentences with several targets say nothing."""
HARDLY = 0.1
SWAP_GAIN = 0.1
CHANCE_MARGIN = 0.05
"""A kappa whose interval ends below this is as good as chance, however many pairs there are."""
FEW_GROUPS = 5

Fault = dict[str, str]
"""{name, system (empty where it is the data's), text}."""


def find_faults(
    gold: Pairs,
    answers: Mapping[str, Answers],
    report: Mapping[str, Any],
    scheme: LabelScheme,
    submitted: Sequence[str],
) -> list[Fault]:
    """The faults of the data, then those of each submitted system; empty when nothing was found.

    `report` is the report so far, of which leaks, split, target_use and the systems' kappa are read.
    """
    found = [fault for other, leaks in report["leaks"].items() for fault in _leaks(other, leaks, len(gold))]
    found += _drawing(report["split"])
    known = report["systems"]
    at_chance = {name: _at_chance(scores) for name, scores in known.items()}
    trained = [name for name in known if name.startswith("TF-IDF, sentence")]
    if trained and all(at_chance[name] for name in [*trained, *submitted]):
        names = ", ".join(trained)
        text = f"Neither a submitted system nor {names} is better than chance: the gold labels look shuffled."
        found.append(_fault("shuffled gold labels", "", text))
    for name in submitted:
        found += _of_system(gold, answers[name], name, scheme, at_chance=at_chance[name], scores=known[name])
        found += _target(name, report["target_use"][name])
    return found


def _leaks(other: str, leaks: Mapping[str, Any], pairs: int) -> list[Fault]:
    found = []
    if max(leaks["article"], leaks["sentence"]) >= SAME_SET_SHARE * pairs:
        share = max(leaks["article"], leaks["sentence"]) / pairs
        text = f"{share:.0%} of the measured pairs are in the {other} split, by article or sentence: this is no test."
        found.append(_fault(f"measured set equals {other}", "", text))
    if leaks["article"]:
        names = ", ".join(leaks["articles"])
        text = f"{leaks['article']} measured pairs are from articles that are in the {other} split too: {names}."
        found.append(_fault("leaked article", "", text))
    if leaks["wire_story"]:
        shown = "; ".join(f"{s['measured']} repeats {s['there']} ({s['share']:.0%})" for s in leaks["stories"])
        text = f"{leaks['wire_story']} measured pairs are from articles that retell one of the {other} split: {shown}."
        found.append(_fault("same wire story", "", text))
    if leaks["sentence"]:
        text = f"{leaks['sentence']} measured pairs have a sentence that is in the {other} split word for word."
        found.append(_fault("leaked sentence", "", text))
    if leaks["near_duplicate"]:
        text = f"{leaks['near_duplicate']} measured sentences are nearly one of the {other} split."
        found.append(_fault("near-duplicate sentence", "", text))
    if leaks["group"] and not leaks["article"]:
        text = f"{leaks['group']} measured pairs share their group of articles with the {other} split."
        found.append(_fault("leaked group of articles", "", text))
    return found


def _drawing(split: Mapping[str, Any] | None) -> list[Fault]:
    if split is None or split["drawn_at_random"]:
        return []
    rows = {row["name"]: row for row in split["attributes"]}
    each = "; ".join(
        f"{name} differs by {rows[name]['distance']:.2f}, {rows[name]['expected']:.2f} would be usual "
        f"(p {rows[name]['p']:.3f})"
        for name in split["odd"]
    )
    text = (
        f"The measured set is not a random draw of the same articles as training: {each}. Intervals do not cover that."
    )
    return [_fault("not drawn at random", "", text)]


def _of_system(
    gold: Pairs, answers: Answers, name: str, scheme: LabelScheme, *, at_chance: bool, scores: Mapping[str, Any]
) -> list[Fault]:
    found = []
    counts = np.bincount(answers.label, minlength=len(scheme.names))
    constant = counts.max() >= CONSTANT_SHARE * len(gold)
    if constant:
        label = scheme.names[counts.argmax()]
        text = f"It answers {label} to {counts.max()} of {len(gold)} pairs."
        found.append(_fault("constant predictor", name, text))
    if at_chance and not constant:
        kappa = scores["kappa"]
        text = (
            f"Its labels have no more to do with gold than shuffled ones would: "
            f"kappa {kappa['value']:.2f} [{kappa['low']:.2f}, {kappa['high']:.2f}]."
        )
        found.append(_fault("shuffled labels", name, text))
    # Merged labels may: the two that make up `none` are more probable together than the label that was given.
    if answers.probabilities is not None and answers.before_merging is None:
        best = answers.probabilities.max(axis=1)
        against = answers.sureness is not None and float((answers.sureness < best - 1e-9).mean())
        if against and against > CONTRADICTION_SHARE:
            text = f"In {against:.0%} of pairs its label is not its most probable one: one of the columns is displaced."
            found.append(_fault("labels contradict probabilities", name, text))
    confusion = confusion_matrix(gold.label, answers.label, len(scheme.names))
    one, two = (scheme.index(side) for side in scheme.polar)
    order = np.arange(len(scheme.names))
    order[[one, two]] = two, one
    gain = float(accuracy(confusion[:, order]) - accuracy(confusion))
    if gain > SWAP_GAIN:
        text = (
            f"With {scheme.polar[0]} and {scheme.polar[1]} exchanged it would be right {gain:.0%} of pairs more often."
        )
        found.append(_fault("labels exchanged", name, text))
    return found


def _target(name: str, use: Mapping[str, Any]) -> list[Fault]:
    texts, asked, changed = use["texts"], use["gold_differs"], use["answer_differs"]
    if use["identical"] and max(texts, asked) >= MIN_TEXTS:
        text = f"{texts} sentences are asked about several targets, and its answers never change with the target."
        return [_fault("ignores the target", name, text)]
    if asked >= MIN_TEXTS and changed < HARDLY * asked:
        text = f"Of {asked} sentences whose gold label depends on the target, its label changes in {changed} only."
        return [_fault("hardly reads the target", name, text)]
    return []


def _at_chance(scores: Mapping[str, Any]) -> bool:
    return scores["kappa"]["low"] <= 0 or scores["kappa"]["high"] < CHANCE_MARGIN


def _fault(name: str, system: str, text: str) -> Fault:
    return {"name": name, "system": system, "text": text}
