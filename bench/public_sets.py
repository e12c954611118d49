"""Public stance sets as dataset folders: `python -m bench.public_sets gwsd semeval2016a perspectrum`.

They are read from a folder beside the project and never become part of it.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stance.examples import LABELS, write_examples
from stance.labels import LabelScheme
from stance.records import Example
from stance.storage import write_json

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
OUTPUT = ROOT / "outputs" / "public"
THREE = {"favor": "is for the target", "against": "is against the target", "none": "takes no side"}
SETS: Mapping[str, LabelScheme] = {
    "gwsd": LabelScheme(definitions=THREE, polar=("favor", "against"), merged_into_none=("none",)),
    "semeval2016a": LabelScheme(definitions=THREE, polar=("favor", "against"), merged_into_none=("none",)),
    "perspectrum": LabelScheme(
        definitions={name: THREE[name] for name in ("favor", "against")},
        polar=("favor", "against"),
        merged_into_none=(),
    ),
}
CLEAN = "text is not in train or dev"
"""The tag of test rows that a model cannot have seen."""


def convert(name: str) -> Path:
    """The dataset folder of a set, made from its three JSONL files; raises FileNotFoundError where there are none."""
    scheme, folder = SETS[name], OUTPUT / name
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        lines = (SHARED / name / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
        write_examples(folder, split, [to_example(json.loads(line), scheme) for line in lines], scheme)
    write_json(folder / LABELS, scheme.model_dump(mode="json"))
    return folder


def to_example(row: Mapping[str, Any], scheme: LabelScheme) -> Example:
    """A row as an example; raters' shares become the target distribution where the set has them."""
    shares = row.get("probs") or {row["label"]: 1.0}
    total = sum(shares.values())
    return Example(
        id=row["id"],
        text=row["text"],
        target=row["target"],
        before="",
        after="",
        label=row["label"],
        probabilities=tuple(shares.get(name, 0.0) / total for name in scheme.names),
        weight=1.0,
        holder=None,
        intervener=None,
        place=None,
        tags=() if row.get("text_also_in_train_or_dev", False) else (CLEAN,),
        minimal_pair=None,
        document=row.get("doc_id", row["id"]),
        start=0,
        end=len(row["text"]),
        group=row.get("doc_id", row["id"]),
        conflict=row["topic"] if isinstance(row.get("topic"), str) else None,
        outlet=None,
        year=None,
        genre=None,
        source="human",
    )


if __name__ == "__main__":
    for given in sys.argv[1:] or SETS:
        print(convert(given))
