"""Could a system be right on the corpus for the wrong reason? What targets, holders and words alone give away."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from bench.corpus_runs import Run
from stance.evaluation.baselines import linear
from stance.evaluation.metrics import confusion_matrix, macro_f1
from stance.labels import LabelScheme
from stance.records import Example


def polar_score_from(run: Run, text: Callable[[Example], str], scheme: LabelScheme) -> float:
    """Macro-F1 of favor against against on the run's test articles, of a linear model that sees `text(example)` only.

    Knowing nothing gives about 0.5: both labels are nearly equally frequent and the model balances them.
    """
    train, dev, test = (_polar(run.examples(split), scheme) for split in ("train", "dev", "test"))
    found = linear(train, dev, test, text)
    gold = [scheme.polar.index(e.label) for e in test]
    return float(macro_f1(confusion_matrix(gold, [scheme.polar.index(x) for x in found], 2)))


def word_score(run: Run, scheme: LabelScheme) -> float:
    """Macro-F1 over the four labels of TF-IDF words and word pairs of sentence and target."""
    train, dev, test = (run.examples(split) for split in ("train", "dev", "test"))
    found = linear(train, dev, test, lambda e: f"{e.text} [{e.target}]")
    gold = [scheme.index(e.label) for e in test]
    return float(macro_f1(confusion_matrix(gold, [scheme.index(x) for x in found], len(scheme.names))))


def polarity_lost(run: Run, scheme: LabelScheme) -> tuple[int, int]:
    """(lost, shown): test sentences given the right polar label for one target, shown with their other target.

    The other target's gold label is not that polar one; it is lost when the model no longer gives it.
    """
    by_sentence: dict[tuple[str, int], list[Example]] = defaultdict(list)
    for example in run.examples("test"):
        by_sentence[example.document, example.start].append(example)
    shown = [
        (polar, other)
        for examples in by_sentence.values()
        for polar in _polar(examples, scheme)
        for other in examples
        if other.label != polar.label
    ]
    right = run.labels([p.text for p, _ in shown], [p.target for p, _ in shown])
    wrong = run.labels([o.text for _, o in shown], [o.target for _, o in shown])
    answered = [(r, w) for (p, _), r, w in zip(shown, right, wrong, strict=True) if r == p.label]
    return sum(w != r for r, w in answered), len(answered)


def _polar(examples: Sequence[Example], scheme: LabelScheme) -> list[Example]:
    return [e for e in examples if e.label in scheme.polar]
