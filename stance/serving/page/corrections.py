"""Labels that readers correct, in a folder that the labelling tools read as it is.

`answers.sqlite` is a store of `stance annotate` (--export gives the votes), `articles/` holds the articles corrected by
their ids, as `stance ingest` takes them, and `pairs.jsonl` the pairs that votes name. Ids come from the text alone, so
an ingest of articles/ gives the sentences the ids that are in the store.
"""

from pathlib import Path
from threading import Lock

from stance.annotation.answers import Answer, Given
from stance.annotation.store import Store
from stance.records import Document, Pair, Sentence, pair_id

STORE, ARTICLES, PAIRS = "answers.sqlite", "articles", "pairs.jsonl"


class Corrections:
    """The folder, made where it is missing; usable from several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises DataError where the store in it holds something else."""
        self._folder = folder
        self._lock = Lock()
        (folder / ARTICLES).mkdir(parents=True, exist_ok=True)
        with Store(folder / STORE):
            pass
        pairs = folder / PAIRS
        lines = pairs.read_text(encoding="utf-8").splitlines() if pairs.is_file() else []
        self._pairs = {Pair.model_validate_json(line).id for line in lines}

    def add(self, document: Document, sentence: Sentence, target: str, given: Given) -> Answer:
        """Keep article and pair, then the answer; raises DataError when another answer has its id."""
        with self._lock:
            self._keep_article(document)
            self._keep_pair(Pair(id=given.pair_id, sentence_id=sentence.id, target=target))
            with Store(self._folder / STORE) as store:
                answer, _ = store.append(given, suggestion=None, guidelines=None)
        return answer

    def _keep_article(self, document: Document) -> None:
        place = self._folder / ARTICLES / f"{document.id}.txt"
        if not place.is_file():
            partial = place.with_suffix(".partial")
            partial.write_text(document.text + "\n", encoding="utf-8", newline="\n")
            partial.replace(place)

    def _keep_pair(self, pair: Pair) -> None:
        if pair.id not in self._pairs:
            with (self._folder / PAIRS).open("a", encoding="utf-8") as file:
                file.write(pair.model_dump_json() + "\n")
            self._pairs.add(pair.id)


def given_for(
    sentence: Sentence, target: str, *, identity: str, coder: str, label: str | None, undoes: str | None, note: str
) -> Given:
    """The row of the store: a label, or the taking back of an earlier one; raises ValueError when it is neither."""
    return Given(
        id=identity,
        coder=coder,
        pair_id=pair_id(sentence.id, target),
        action="answer" if undoes is None else "undo",
        label=label,
        undoes=undoes,
        note=note,
    )
