import re

import pytest

from stance.evaluation.methods import methods_paragraph
from stance.evaluation.tables import all_tables, latex_tables, markdown_tables, number, p_value, with_interval
from stance.labels import LabelScheme
from tests.evaluation.test_page import report


def test_every_table_is_whole_in_both_forms(scheme: LabelScheme) -> None:
    made = report(scheme)
    made["provenance"] = {
        "label": {"counts": {"gold": 24}, "settings": {}},
        "train": {"counts": {}, "settings": {"epochs": 6, "model": {"dropout": None}}},
    }
    tables = all_tables(made)
    titles = [table.title for table in tables]
    for title in ("Corpus flow", "Splits", "Hyper-parameters", "Systems on test", "Paired comparisons", "Limits"):
        assert title in titles
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.header)}
    markdown, latex = markdown_tables(made), latex_tables(made)
    assert markdown.count("### ") == latex.count(r"\begin{table}") == latex.count(r"\end{table}") == len(tables)
    assert "| model.dropout | – |" in markdown
    assert not re.search(r"(?<!\\)[%_#]", latex.replace("% \\usepackage", ""))


def test_cells_are_escaped_in_both_forms(scheme: LabelScheme) -> None:
    made = report(scheme)
    made["systems"] = {"a|b_50%": made["system"]}
    assert r"| a\|b_50% |" in markdown_tables(made)
    assert r"a|b\_50\%" in latex_tables(made)


def test_the_methods_paragraph_has_the_reports_figures(scheme: LabelScheme) -> None:
    text = methods_paragraph(report(scheme))
    assert "24 sentence–target pairs from 24 articles" in text
    assert "100 bootstrap resamples" in text
    assert "constant predictor (this system)" in text
    assert "References: " in text


@pytest.mark.parametrize(("value", "shown"), [(-0.001, "0.00"), (-0.126, "−0.13"), (None, "–"), (0.5, "0.50")])
def test_numbers_are_set_with_care(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_intervals_and_p_values_are_short() -> None:
    assert with_interval({"value": 0.5, "low": None, "high": None}) == "0.50"
    assert with_interval(None) == "–"
    assert p_value(0.0004) == "< 0.001"
    assert p_value(0.0456) == "0.046"
