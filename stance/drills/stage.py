"""Drills: a lexicon -> a dataset folder with a train split only, to train on before the articles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stance.config import ConfigError, StageConfig
from stance.drills.compose import Composer, Drill
from stance.drills.lexicon import read_lexicon
from stance.examples import LABELS, write_examples
from stance.labels import LabelScheme
from stance.manifest import Manifest, build
from stance.records import Example
from stance.storage import write_json

LABELS_COMPOSED = ("favor", "against", "neutral", "unrelated")


class DrillsConfig(StageConfig):
    """A lexicon in, composed sentences of known stance out."""

    lexicon: Path
    """YAML lists of phrases; see data/drills/lexicon.yaml."""
    number: Annotated[int, Field(ge=1)] = 6000
    """Different sentences to compose."""
    scheme: LabelScheme
    """The labels; the same as label.scheme."""
    seed: int = 0
    """Decides which sentences."""


def drills(config: DrillsConfig, *, replace: bool = False) -> Manifest:
    """Compose; raises ConfigError when the scheme lacks a label that drills have."""
    if missing := [name for name in LABELS_COMPOSED if name not in config.scheme.names]:
        raise ConfigError(
            f"drills.scheme: drills have labels that the scheme lacks ({', '.join(missing)}); add train.first=[]"
        )
    return build("drills", config, _work, replace=replace)


def _work(config: DrillsConfig, folder: Path) -> Mapping[str, int]:
    composer = Composer(read_lexicon(config.lexicon), config.seed)
    found: dict[tuple[str, str], Drill] = {}
    attempts = 0
    while len(found) < config.number and attempts < 20 * config.number:
        drill = composer.compose()
        found.setdefault((drill.text, drill.target), drill)
        attempts += 1
    examples = [_example(i, drill, config.scheme) for i, drill in enumerate(found.values())]
    write_examples(folder, "train", examples, config.scheme)
    write_json(folder / LABELS, config.scheme.model_dump(mode="json"))
    return {"composed": attempts, "repeated": attempts - len(examples), "train": len(examples)}


def _example(number: int, drill: Drill, scheme: LabelScheme) -> Example:
    return Example(
        id=f"drill:{number}",
        text=drill.text,
        target=drill.target,
        before="",
        after="",
        label=drill.label,
        probabilities=tuple(float(name == drill.label) for name in scheme.names),
        weight=1.0,
        holder=None,
        intervener=drill.intervener,
        place=drill.place,
        tags=(),
        minimal_pair=None,
        document="drills",
        start=0,
        end=len(drill.text),
        group="drills",
        conflict=None,
        outlet=None,
        year=None,
        genre=None,
        source="drills",
    )
