"""Write the figures of the bundled corpus into its card: `python -m bench.corpus_card`."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bench.corpus_runs import CORPUS, OUTPUT, read_scheme_config
from stance.ingest.stage import IngestConfig, ingest, load_articles
from stance.labeling.human import Annotation, read_annotations
from stance.labeling.stage import LabelConfig, label
from stance.records import Document
from stance.storage import atomic_file, read_json

BEGIN, END = "<!-- figures: written by `python -m bench.corpus_card` -->", "<!-- end of figures -->"


def main() -> None:
    """Count, and replace what stands between the two marks of data/corpus/README.md."""
    scheme = read_scheme_config()
    rows = [row for _, row in read_annotations(CORPUS / "annotations.jsonl", scheme)]
    documents = [a for a in load_articles(CORPUS / "articles") if isinstance(a, Document)]
    conflict = {d.name: d.conflict or "" for d in documents}
    genre = {d.name: d.genre or "" for d in documents}
    parts = [
        _summary(rows, documents),
        _table("label", Counter(r.label for r in rows), scheme.names, rows),
        _crossed("genre", [genre[r.article or ""] for r in rows], rows, scheme.names),
        _crossed("intervener", [r.intervener or "" for r in rows], rows, scheme.names, at_least=20),
        _crossed("holder", [_holder_kind(r) for r in rows if r.holder], [r for r in rows if r.holder], scheme.polar),
        _crossed("hard case", [t for r in rows for t in r.tags], [r for r in rows for _ in r.tags], scheme.names),
        _crossed("conflict", [conflict[r.article or ""] for r in rows], rows, scheme.names, at_least=15),
        _agreement(),
    ]
    path = CORPUS / "README.md"
    head, rest = path.read_text(encoding="utf-8").split(BEGIN)
    with atomic_file(path) as file:
        file.write(f"{head}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{rest.split(END)[1]}")


def _summary(rows: Sequence[Annotation], documents: Sequence[Document]) -> str:
    sentences: dict[tuple[str | None, str | None], set[str]] = {}
    for row in rows:
        sentences.setdefault((row.article, row.sentence), set()).add(row.label)
    contrast = sum(len(sentences[r.article, r.sentence]) > 1 for r in rows)
    polar = [r for r in rows if r.holder]
    years = sorted((d.published or "")[:4] for d in documents)
    reported = sum(r.holder != "author" for r in polar) / len(polar)
    return (
        f"{len(documents)} articles, {len(sentences):,} sentences, {len(rows):,} pairs; articles dated {years[0]} to "
        f"{years[-1]}; {len({d.conflict for d in documents})} conflicts, {len({r.intervener for r in rows})} "
        f"interveners. {contrast:,} pairs share their sentence with another target under another label; "
        f"{len({r.minimal_pair for r in rows if r.minimal_pair})} minimal pairs; {reported:.0%} of the pairs that take "
        f"a side are reported or quoted."
    )


def _table(title: str, counts: Counter[str], names: Iterable[str], rows: Sequence[Annotation]) -> str:
    lines = [f"| {title} | pairs | share |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {n} | {counts[n]:,} | {counts[n] / len(rows):.0%} |" for n in names)])


def _crossed(
    title: str, keys: Sequence[str], rows: Sequence[Annotation], names: Sequence[str], at_least: int = 1
) -> str:
    cells = Counter((key, row.label) for key, row in zip(keys, rows, strict=True))
    totals = Counter(keys)
    lines = [f"| {title} | pairs | {' | '.join(names)} |", "| --- " * (2 + len(names)) + "|"]
    for key, total in totals.most_common():
        if total >= at_least:
            lines.append(f"| {key} | {total:,} | {' | '.join(str(cells[key, name]) for name in names)} |")
    small = [total for total in totals.values() if total < at_least]
    if small:
        lines.append(f"| {len(small)} others, under {at_least} pairs each | {sum(small):,} |{' |' * len(names)}")
    return "\n".join(lines)


def _holder_kind(row: Annotation) -> str:
    if row.holder == "author":
        return "the author"
    if "anonymous_source" in row.tags:
        return "an anonymous source"
    named = re.search(r"\b[A-Z][\w’'-]+ (?:[a-z]{2} )?[A-Z][\w’'-]+$", row.holder or "")
    return "a named person or body" if named else "others, by office or collectively"


def _agreement() -> str:
    sentences, labels = OUTPUT / "sentences", OUTPUT / "labels"
    ingest(IngestConfig(articles=CORPUS / "articles", output=sentences), replace=True)
    annotations = CORPUS / "annotations.jsonl"
    scheme = read_scheme_config()
    label(LabelConfig(sentences=sentences, annotations=annotations, scheme=scheme, output=labels), replace=True)
    found = read_json(labels / "agreement.json")
    if found is None:
        return "No pair was read twice."
    (pair,) = found["pairs_of_annotators"]
    figures = {
        "raw agreement": pair["raw"],
        "Cohen's kappa": pair["cohen_kappa"],
        "Krippendorff's alpha": found["krippendorff_alpha"],
        "macro-F1 of one reading against the other": pair["macro_f1"],
    }
    lines = [
        f"| {pair['units']:,} pairs read twice, blind | value | 95% interval, over articles |",
        "| --- | --- | --- |",
    ]
    for name, value in figures.items():
        lines.append(f"| {name} | {value['value']:.3f} | {value['low']:.3f} to {value['high']:.3f} |")
    each = "; ".join(f"{name} {value:.2f}" for name, value in pair["labels"].items())
    return "\n".join(lines) + f"\n\nF1 of one reading against the other, by label: {each}."


if __name__ == "__main__":
    main()
