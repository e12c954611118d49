"""Fit the ranker of holders on the training split: `python -m bench.holders_fit outputs/default`."""

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from stance.analysis.holders import Article, find_holder, matches
from stance.examples import read_examples
from stance.records import Document, Example, Sentence
from stance.storage import read_records

MIN_COUNT = 3
PENALTY = 3.0
Group = tuple[list[tuple[str, ...]], list[bool]]
"""The cues of a sentence's candidates, and which of them are right."""


def articles(folder: Path) -> tuple[dict[str, Article], dict[str, dict[int, int]]]:
    """(the articles by name, and of each the number of a sentence by its start)."""
    documents = list(read_records(folder / "sentences" / "documents.jsonl", Document))
    spans: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for sentence in read_records(folder / "sentences" / "sentences.jsonl", Sentence):
        spans[sentence.document_id].append((sentence.start, sentence.end))
    made = {d.name: Article(d.text, spans[d.id], d.genre) for d in documents}
    places = {d.name: {start: n for n, (start, _) in enumerate(spans[d.id])} for d in documents}
    return made, places


def polar(folder: Path, split: str) -> list[Example]:
    """The pairs of a split that have a holder."""
    return [e for e in read_examples(folder / "dataset", split) if e.label in {"favor", "against"} and e.holder]


def fit(groups: Sequence[Group]) -> dict[str, float]:
    """Weights of a conditional logit: of each group some candidates are right."""
    counts: defaultdict[str, int] = defaultdict(int)
    for cues, _ in groups:
        for row in cues:
            for cue in set(row):
                counts[cue] += 1
    names = sorted(cue for cue, count in counts.items() if count >= MIN_COUNT)
    column = {name: n for n, name in enumerate(names)}
    rows, columns, owner, right = [], [], [], []
    row = 0
    for number, (cues, good) in enumerate(groups):
        for candidate, ok in zip(cues, good, strict=True):
            for cue in candidate:
                if cue in column:
                    rows.append(row)
                    columns.append(column[cue])
            owner.append(number)
            right.append(ok)
            row += 1
    x = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(row, len(names)))
    own, good = np.array(owner), np.array(right)
    starts = np.flatnonzero(np.r_[True, own[1:] != own[:-1]])

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        scores = x @ w
        scores = scores - np.maximum.reduceat(scores, starts)[own]
        e = np.exp(scores)
        total, hit = np.add.reduceat(e, starts), np.add.reduceat(e * good, starts)
        p, q = e / total[own], e * good / hit[own]
        return float(np.log(total / hit).sum() + PENALTY / 2 * w @ w), x.T @ (p - q) + PENALTY * w

    best = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return {name: round(float(w), 3) for name, w in zip(names, best.x, strict=True) if abs(w) >= 0.01}


def groups_of(
    examples: Sequence[Example], made: Mapping[str, Article], places: Mapping[str, Mapping[int, int]]
) -> list[Group]:
    """The cues of each pair's candidates, and which of them are right."""
    found = []
    for e in examples:
        options = made[e.document].candidates(places[e.document][e.start])
        found.append(([c.cues for c in options], [matches(c.holder.text, e.holder or "") for c in options]))
    return found


def bare_group(example: Example) -> Group:
    """The candidates of a sentence with nothing but its neighbours."""
    article, number = short_article(example.before, example.text, example.after)
    options = article.candidates(number)
    return [c.cues for c in options], [matches(c.holder.text, example.holder or "") for c in options]


def short_article(before: str, text: str, after: str) -> tuple[Article, int]:
    """(an article of a sentence and its neighbours, the sentence's number in it)."""
    spans, whole = [], ""
    for part in filter(None, (before, text, after)):
        spans.append((len(whole), len(whole) + len(part)))
        whole += part + " "
    return Article(whole, spans), int(bool(before))


def main() -> None:
    """Cross-validate over articles, print how often the holder is found, and write the weights."""
    folder = Path(sys.argv[1])
    made, places = articles(folder)
    train = polar(folder, "train")
    groups = groups_of(train, made, places)
    # Articles of users rarely say their genre, and may be one sentence with its neighbours: learn from both.
    bare = [bare_group(e) for e in train]
    usable = [g for g in groups if any(g[1])]
    usable_bare = [g for g in bare if any(g[1])]
    print(f"{len(train)} pairs, holder among the candidates in {len(usable) / len(groups):.3f}")
    documents = sorted({e.document for e in train})
    hits = []
    for fold in range(5):
        held = {d for n, d in enumerate(documents) if n % 5 == fold}
        kept = [*zip(groups, train, strict=True), *zip(bare, train, strict=True)]
        w = fit([g for g, e in kept if any(g[1]) and e.document not in held])
        for e in train:
            if e.document in held:
                found = find_holder(made[e.document], places[e.document][e.start], w)
                hits.append(matches(found.text, e.holder or ""))
                if len(sys.argv) > 2 and not hits[-1]:
                    print(f"GOLD {e.holder!r} FOUND {found.text!r}/{found.kind} | {e.text}")
    print(f"cross-validated {np.mean(hits):.3f} of {len(hits)}")
    path = Path("stance/analysis/holders.json")
    path.write_text(json.dumps(fit(usable + usable_bare), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
