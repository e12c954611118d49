import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from stance.config import ConfigError, DataError
from stance.drills.compose import Composer, names
from stance.drills.lexicon import Lexicon, read_lexicon
from stance.drills.stage import DrillsConfig, drills
from stance.examples import read_examples
from stance.labels import LabelScheme
from tests.conftest import ROOT

CLAUSE = re.compile(
    r"(BACKED|OPPOSED|URGED THEM to|REFUSED to|DID NOT RULE OUT|DID NOT BACK|FOUND) (\w+)((?: [A-Z.][\w.]*)*)"
)
LEXICON = ROOT / "data" / "drills" / "lexicon.yaml"


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return read_lexicon(LEXICON)


def only(lexicon: Lexicon, **lists: list[str]) -> Lexicon:
    return lexicon.model_copy(update={name: tuple(values) for name, values in lists.items()})


def test_every_sentence_is_whole_and_every_label_occurs(lexicon: Lexicon) -> None:
    composer = Composer(lexicon, seed=1)
    found = [composer.compose() for _ in range(3000)]
    assert not [d.text for d in found if re.search(r"[{}]|  |,,|\.\.|\s[,.]", d.text)]
    assert all(d.text[0].isupper() or not d.text[0].isalpha() for d in found)
    assert all(d.target.endswith(f"intervention in {d.place}") for d in found)
    shares = Counter(d.label for d in found)
    assert set(shares) == {"favor", "against", "neutral", "unrelated"}
    assert abs(shares["favor"] - shares["against"]) < 200


def test_the_label_is_the_verbs_side_times_the_objects_direction(lexicon: Lexicon) -> None:
    made = only(
        lexicon,
        plus=["STRIKES {ia} {P}", "STRIKES {ia} {P}"],
        minus=["LEAVING {ia} {P}", "LEAVING {ia} {P}"],
        plus_clause=["STRIKE", "STRIKE"],
        minus_clause=["LEAVE", "LEAVE"],
        support_verbs=["BACKED", "BACKED"],
        oppose_verbs=["OPPOSED", "OPPOSED"],
        support_infinitive=["URGED THEM to", "URGED THEM to"],
        oppose_infinitive=["REFUSED to", "REFUSED to"],
        negated_pro=["DID NOT RULE OUT", "DID NOT RULE OUT"],
        negated_con=["DID NOT BACK", "DID NOT BACK"],
        judge_pro=["FOUND {o} RIGHT", "FOUND {o} RIGHT"],
        judge_con=["FOUND {o} WRONG", "FOUND {o} WRONG"],
    )
    composer = Composer(made, seed=2)
    seen: Counter[str] = Counter()
    contrasts = 0
    for _ in range(3000):
        drill = composer.compose()
        clauses = CLAUSE.findall(drill.text)
        actor = drill.target.split(" intervention in ")[0]
        if len(clauses) == 2:
            clauses = [c for c in clauses if drill.place in c[2] and (actor == "foreign" or actor in c[2])]
            contrasts += 1
        if len(clauses) != 1 or drill.label == "unrelated":
            continue
        verb, direction, rest = clauses[0]
        side = verb in ("BACKED", "URGED THEM to", "DID NOT RULE OUT") or "RIGHT" in rest
        assert drill.label == ("favor" if side == direction.startswith("STRIKE") else "against"), drill
        seen[verb] += 1
    assert len(seen) == 7
    assert contrasts > 200


def test_a_wrong_target_makes_it_unrelated(lexicon: Lexicon) -> None:
    composer = Composer(lexicon, seed=3)
    found = [composer.compose() for _ in range(2000)]
    powers = {name for v in lexicon.interveners for name in (v.name, v.noun, v.adjective)}
    places = [p for p in lexicon.places if not {p.name, p.adjective} & powers]
    by_name = {p.name: p for p in lexicon.places}
    for drill in found:
        if any(names(drill.text, p) for p in places) and not names(drill.text, by_name[drill.place]):
            assert drill.label == "unrelated", drill
    wrong = [d for d in found if d.label == "unrelated" and not names(d.text, by_name[d.place])]
    assert len(wrong) > 50


def test_the_same_seed_gives_the_same_drills_and_another_does_not(lexicon: Lexicon) -> None:
    first, again, other = (Composer(lexicon, seed) for seed in (0, 0, 1))
    texts = [[c.compose().text for _ in range(20)] for c in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]


def test_no_polar_verb_stands_for_a_label(lexicon: Lexicon) -> None:
    """The verbs of support and opposition occur in sentences that take no side, too."""
    calm = " ".join([*lexicon.neutral, *lexicon.unrelated]).lower()
    for verb in (
        "backed",
        "opposed",
        "condemned",
        "called for",
        "rejected",
        "urged",
        "welcomed",
        "supported",
        "blamed",
    ):
        assert verb in calm


def test_the_stage_writes_a_dataset_folder(tmp_path: Path, scheme: LabelScheme) -> None:
    made = drills(DrillsConfig(lexicon=LEXICON, number=200, scheme=scheme, output=tmp_path / "drills"))
    assert made.counts["train"] == 200 == made.counts["composed"] - made.counts["repeated"]
    examples = read_examples(tmp_path / "drills", "train")
    assert len({(e.text, e.target) for e in examples}) == 200
    assert all(e.source == "drills" and e.probabilities[scheme.index(e.label)] == 1 for e in examples)


def test_a_lexicon_with_a_list_missing_is_named(tmp_path: Path) -> None:
    values = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    del values["judge_pro"]
    (tmp_path / "lexicon.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(DataError, match="judge_pro: Field required"):
        read_lexicon(tmp_path / "lexicon.yaml")


def test_other_labels_than_ours_cannot_be_drilled(tmp_path: Path) -> None:
    scheme = LabelScheme(definitions={"yes": "for", "no": "against"}, polar=("yes", "no"), merged_into_none=())
    with pytest.raises(ConfigError, match=r"train\.first=\[\]"):
        drills(DrillsConfig(lexicon=LEXICON, scheme=scheme, output=tmp_path / "drills"))
