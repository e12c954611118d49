"""Measure the bundled corpus against its bars: `make bench-corpus`. Trainings that are finished are not done again."""

import json
import statistics
import sys
from collections.abc import Mapping, Sequence

from bench import shortcuts
from bench.corpus_runs import (
    CORPUS,
    OUTPUT,
    Run,
    on_topic_scores,
    own_test_score,
    read_scheme_config,
    read_shared,
    real_news_scores,
    train_all,
)
from bench.naturalness import profile
from bench.table import Row, print_table
from stance.labels import LabelScheme
from stance.storage import write_json

SEEDS = range(5)
CURVE_SEEDS = range(3)
CURVE_PAIRS = (250, 500, 1000, 2000)
ON_TOPIC_WORDS = {1: 0.59, 2: 0.64}
"""Macro-F1 of a bag of words trained on the on-topic sets themselves, by tier; from the data's README."""
OUTLIER = 0.25


def main() -> None:
    """Train what is missing, measure, print the table, write the figures beside it."""
    scheme = read_scheme_config()
    runs = train_all([(seed, None) for seed in SEEDS], scheme)
    real = [real_news_scores(run, scheme) for run in runs]
    rows = [*_teaching(runs, real, scheme), *_shortcuts(runs, scheme), *_naturalness()]
    curve = _learning_curve(scheme, [scores["macro_f1"] for scores in real[: len(CURVE_SEEDS)]], runs)
    rows += [
        Row(f"learning curve: {pairs:,} training pairs", "reported", _spread(scores), f"{len(scores)} seeds, real news")
        for pairs, scores in curve.items()
    ]
    write_json(OUTPUT / "results.json", {"real_news": real, "curve": curve, "rows": [vars(row) for row in rows]})
    print_table("Bundled corpus", rows)


def _teaching(runs: Sequence[Run], real: Sequence[Mapping[str, float]], scheme: LabelScheme) -> list[Row]:
    scores = [s["macro_f1"] for s in real]
    by_label = ", ".join(f"{name} {statistics.mean(s[name] for s in real):.2f}" for name in list(real[0])[1:])
    how = f"{len(runs)} seeds, each with its own split; real_news_dev, 3-way macro-F1, mean and sd"
    rows = [Row("does it teach? real news", ">= 0.55", f"{_spread(scores)} ({by_label})", how, _mean(scores) >= 0.55)]
    topic = [on_topic_scores(run, scheme) for run in runs]
    for tier, bar in ON_TOPIC_WORDS.items():
        found = [s[tier] for s in topic]
        what = f"debate sentences, tier {tier}, favor against against"
        rows.append(Row(what, f"> {bar}", _spread(found), f"{len(runs)} seeds; on_topic_dev", _mean(found) > bar))
    return rows


def _shortcuts(runs: Sequence[Run], scheme: LabelScheme) -> list[Row]:
    rows = []
    for name, text in (("target", lambda e: e.target), ("holder", lambda e: e.holder or "")):
        scores = [shortcuts.polar_score_from(run, text, scheme) for run in runs]
        how = f"TF-IDF of the {name} alone, macro-F1 of favor against against, {len(runs)} article-grouped splits"
        rows.append(Row(f"{name} alone", "<= 0.55", _spread(scores), how, _mean(scores) <= 0.55))
    gaps = [own_test_score(run, scheme) - shortcuts.word_score(run, scheme) for run in runs]
    how = f"macro-F1 over four labels, own test articles, paired over {len(runs)} splits"
    rows.append(Row("fine-tuned less TF-IDF", ">= 0.08", _spread(gaps), how, _mean(gaps) >= 0.08))
    counts = [shortcuts.polarity_lost(run, scheme) for run in runs]
    lost, shown = (sum(column) for column in zip(*counts, strict=True))
    how = f"{shown} test sentences with a polar label for one target and another label for a second one"
    rows.append(
        Row("polar label lost with the wrong target", ">= 80%", f"{lost / shown:.0%}", how, lost / shown >= 0.8)
    )
    return rows


def _naturalness() -> list[Row]:
    reasons: Mapping[str, str] = json.loads((CORPUS / "naturalness.json").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (CORPUS / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]
    ours = profile(sorted({(r["article"], r["sentence"]) for r in rows}))
    news = read_shared("real_news_unlabelled.jsonl")
    real = profile(sorted({(r["doc_id"], r[key]) for r in news for key in ("text", "prev", "next") if r[key]}))
    result = []
    for name in ours:
        ratio = ours[name] / real[name] - 1
        known = abs(ratio) <= OUTLIER or name in reasons
        how = "beside real news sentences and their neighbours"
        if abs(ratio) > OUTLIER:
            how += f"; {reasons.get(name, 'no reason given')}"
        measured = f"{ours[name]:.4g} against {real[name]:.4g} ({ratio:+.0%})"
        result.append(Row(name, "within 25% or a reason", measured, how, known))
    return result


def _learning_curve(scheme: LabelScheme, full: list[float], runs: Sequence[Run]) -> dict[int, list[float]]:
    jobs = [(seed, pairs) for pairs in CURVE_PAIRS for seed in CURVE_SEEDS]
    curve: dict[int, list[float]] = {}
    for (_, pairs), run in zip(jobs, train_all(jobs, scheme), strict=True):
        curve.setdefault(pairs, []).append(real_news_scores(run, scheme)["macro_f1"])
    curve[len(runs[0].examples("train"))] = full
    return curve


def _mean(values: Sequence[float]) -> float:
    return statistics.mean(values)


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"


def _quiet() -> None:
    import logging
    import os

    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    logging.getLogger("stance").setLevel(logging.INFO)


if __name__ == "__main__":
    _quiet()
    main()
