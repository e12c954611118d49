"""Every format gives back what was written, and its reader takes what the real tool exports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.config import DataError
from stance.labeling.exchange import FORMATS
from stance.labeling.items import Item
from stance.labels import LabelScheme
from stance.records import Vote
from tests.conftest import SCHEME

FORMULAS = ["=1+1", "'=x", "''+y", "+49", "-", "@sum", "|calc"]
ODDITIES = ["_x000D_", "_x0041_b", "a\nb", 'He said "no", twice; then\tleft', "🕊 peace 🕊", "é\u0301", "\u2028line"]
LOOKALIKES = ["12", "TRUE", " spaced ", "<b>&amp;</b>", "#N/A", "None"]
TRICKY = st.sampled_from([*FORMULAS, *ODDITIES, *LOOKALIKES])
TEXT = st.one_of(
    TRICKY, st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=1)
)
AMOUNT = st.none() | st.floats(0, 1e6, allow_nan=False)


@st.composite
def votes(draw: Any, pair: str, text: str) -> Vote:
    label = draw(st.none() | st.sampled_from(SCHEME.names))
    values: dict[str, Any] = {"holder": draw(st.none() | TEXT)}
    if draw(st.booleans()):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        values = {"holder": draw(st.just(text[start:end]) | TEXT), "holder_start": start, "holder_end": end}
    return Vote(
        pair_id=pair,
        label=label,
        labeler=draw(TEXT),
        kind=draw(st.sampled_from(["human", "adjudicated", "llm"])),
        confidence=draw(st.floats(0, 1)),
        guidelines=draw(st.none() | TEXT),
        created=draw(st.none() | TEXT),
        notes=draw(st.none() | TEXT),
        seconds=draw(AMOUNT),
        tokens_in=draw(st.none() | st.integers(0, 10**6)),
        cost=draw(AMOUNT),
        **values,
    )


@st.composite
def items(draw: Any) -> list[Item]:
    found = []
    for pair in draw(st.lists(st.uuids().map(str), max_size=3, unique=True)):
        text = draw(TEXT)
        context = {name: draw(st.just("") | TEXT) for name in ("before", "after", "article")}
        places = {name: draw(st.none() | TEXT) for name in ("intervener", "place")}
        cast = tuple(draw(st.lists(votes(pair, text), max_size=3)))
        found.append(Item(pair_id=pair, sentence_id="s", target=draw(TEXT), text=text, votes=cast, **context, **places))
    return found


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=items())
def test_what_is_written_is_read_again(name: str, written: list[Item], tmp_path: Path) -> None:
    path = tmp_path / f"items{FORMATS[name].suffix}"
    FORMATS[name].write(path, written, SCHEME)
    assert FORMATS[name].read(path) == written


def example(**vote: Any) -> Item:
    text = "The elders welcomed the mission."
    cast = (Vote(pair_id="p", labeler="ann", **vote),) if vote else ()
    return Item(pair_id="p", sentence_id="d:0", target="UN intervention in Mali", text=text, votes=cast)


@pytest.mark.parametrize("name", FORMATS)
def test_an_item_without_votes_stays_one(name: str, scheme: LabelScheme, tmp_path: Path) -> None:
    path = tmp_path / "queue"
    FORMATS[name].write(path.with_suffix(FORMATS[name].suffix), [example()], scheme)
    (item,) = FORMATS[name].read(path.with_suffix(FORMATS[name].suffix))
    assert item.votes == ()


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_no_cell_is_run_as_a_formula(name: str, scheme: LabelScheme, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = tmp_path / f"items.{name}"
    item = example(label="favor", notes='=HYPERLINK("http://example.org")')
    FORMATS[name].write(path, [item], scheme)
    if name == "xlsx":
        cells = [cell for row in load_workbook(path).active.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}
        texts = [cell.value for cell in cells]
    else:
        texts = path.read_text(encoding="utf-8-sig").splitlines()[1].split('","')
    assert "'=HYPERLINK" in str(texts)
    assert FORMATS[name].read(path) == [item]


def test_a_csv_filled_in_with_a_european_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bea.csv"
    path.write_text("pair_id;sentence_id;target;text;label;notes\np;s;t;It, too, helped.;favor;\nq;s;t;Rain.;;\n")
    first, second = FORMATS["csv"].read(path)
    assert [(v.labeler, v.label) for v in first.votes] == [("bea", "favor")]
    assert second.votes == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("csv", "sentence,label\nx,favor\n", "no column pair_id"),
        ("label-studio", "{}", "expected a list of tasks"),
        ("label-studio", '[{"id": 1}]', "row 1: not as this tool exports it"),
        ("doccano", '{"text": "x", "cats": ["favor"]}\n', "row 1: pair_id"),
        (
            "prodigy",
            '{"pair_id":"p","sentence_id":"s","target":"t","text":"x","answer":"accept","accept":[1]}\n',
            "label",
        ),
        ("argilla", '[{"fields": {}}]', "row 1"),
    ],
)
def test_what_is_no_export_is_refused_with_its_row(name: str, content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / f"bad{FORMATS[name].suffix}"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        FORMATS[name].read(path)


def task(annotation: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": 1, "data": example().shown, "annotations": [annotation]}


def test_label_studios_configuration_names_what_the_reader_looks_for(scheme: LabelScheme, tmp_path: Path) -> None:
    from xml.etree import ElementTree

    path = tmp_path / "tasks.json"
    FORMATS["label-studio"].write(path, [example()], scheme)
    root = ElementTree.fromstring((tmp_path / "tasks.config.xml").read_text())  # noqa: S314 - our own file
    assert [choice.get("value") for choice in root.iter("Choice")] == list(scheme.names)
    assert {"label", "holder", "holder_name", "notes"} <= {node.get("name") for node in root.iter()}
    shown = {node.get("value", "")[1:] for node in root if node.get("value", "").startswith("$")}
    assert shown <= set(Item.model_fields)
