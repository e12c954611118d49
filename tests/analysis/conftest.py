"""A made collection of thirty articles with predictions and a labelled queue, as ingest, survey and sample leave it."""

import random
from pathlib import Path

import pytest

from stance.records import Copy, Document, Pair, Prediction, Removed, Sentence, document_id, pair_id, sentence_id
from stance.storage import read_records, write_json, write_records
from tests.conftest import SCHEME

OUTLETS = ("The <b>Harbour</b> & Post", "Northern $x$ Wire")
PLACES = {"Libya": "France", "Mali": "UN"}


def write_collection(folder: Path) -> Path:
    """Folders sentences/ and survey/; what is said turns against interventions in 2012."""
    made = random.Random(0)  # noqa: S311 - a fixture
    documents, sentences, pairs, predictions = [], [], [], []
    for number in range(30):
        year = 2008 + number // 4
        text = " ".join(f"Sentence {i} of article {number}." for i in range(6))
        document = document_id(text)
        place = list(PLACES)[number % 2]
        documents.append(
            Document(
                id=document,
                text=text,
                source=f"articles/{number}.md",
                title=f"Article <{number}>",
                outlet=OUTLETS[number % 2],
                published=f"{year}-0{1 + number % 9}-10",
                genre="wire report",
            )
        )
        at = 0
        for i in range(6):
            words = f"Sentence {i} of article {number}."
            place_in = {"start": at, "end": at + len(words), "text": words}
            sentence = Sentence(id=sentence_id(document, i), document_id=document, index=i, **place_in)
            at += len(words) + 1
            target = f"{PLACES[place]} intervention in {place}"
            pair = pair_id(sentence.id, target)
            label = made.choices(SCHEME.names, (5, 1, 2, 1) if year < 2012 else (1, 5, 2, 1))[0]
            chances = {name: 0.7 if name == label else 0.1 for name in SCHEME.names}
            sentences.append(sentence)
            pairs.append(Pair(id=pair, sentence_id=sentence.id, target=target, intervener=PLACES[place], place=place))
            predictions.append(
                Prediction(id=pair, document=document, target=target, label=label, probabilities=chances, **place_in)
            )
    copied = documents[1]
    copy = Copy(source="articles/1.md", document=copied.id, copy_of=documents[3].id, similarity=0.5)
    write_records(folder / "sentences" / "documents.jsonl", documents)
    write_records(folder / "sentences" / "sentences.jsonl", sentences)
    write_records(folder / "sentences" / "duplicates.jsonl", [copy])
    write_records(folder / "sentences" / "removed.jsonl", [Removed(item="x.pdf", reason="no text")])
    write_json(folder / "survey" / "labels.json", SCHEME.model_dump(mode="json"))
    write_records(folder / "survey" / "pairs.jsonl", pairs)
    write_records(folder / "survey" / "predictions.jsonl", predictions)
    write_records(folder / "survey" / "removed.jsonl", [])
    return folder


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("collection"))


@pytest.fixture(scope="session")
def report(collection: Path) -> Path:
    """Output folder of findings, its shares corrected by a labelled queue of 90 pairs."""
    from stance.analysis.queue import Queued
    from stance.analysis.stage import FindingsConfig, SampleConfig, findings, sample

    shared = {"sentences": collection / "sentences", "predictions": collection / "survey"}
    sample(SampleConfig(**shared, size=90, at_least=10, output=collection / "sample"))
    made = random.Random(1)  # noqa: S311
    rows = list(read_records(collection / "sample" / "queue.jsonl", Queued))
    labelled = [row.model_copy(update={"label": row.stratum if made.random() < 0.8 else "neutral"}) for row in rows]
    write_records(collection / "labelled.jsonl", labelled)
    (collection / "events.csv").write_text(
        "date,label,group\n2011-03-19,strikes begin,\n2013-01-11,France enters,France\n"
    )
    config = FindingsConfig(
        **shared,
        gold=collection / "labelled.jsonl",
        events=collection / "events.csv",
        period="year",
        shuffles=199,
        notes=("Thirty made articles.",),
        output=collection / "findings",
    )
    findings(config)
    return collection / "findings"
