import html.parser
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from stance.bootstrap import Resampling
from stance.evaluation.answers import Answers
from stance.evaluation.page import render_page
from stance.evaluation.pairs import from_examples
from stance.evaluation.report import Material, make_report
from stance.labels import LabelScheme
from tests.evaluation.conftest import NAMES, as_answers, as_pairs, example, labelled, prediction


def report(scheme: LabelScheme, split: str = "test", **values: Any) -> dict[str, Any]:
    """Of a system that always says `against`; `values` are those of every measured example."""
    measured = [example(i, NAMES[i % 4], genre="wire", **values) for i in range(24)]
    others = {name: as_pairs([example(n, "favor")]) for n, name in ((100, "train"), (200, "dev"), (300, "test"))}
    material = Material(
        gold=as_pairs(measured),
        scheme=scheme,
        split=split,
        submitted={"this system": as_answers([prediction(e, "against") for e in measured])},
        baselines={"majority": labelled(["favor"] * 24), "perfect": labelled([e.label for e in measured])},
        others={name: pairs for name, pairs in others.items() if name != split},
    )
    return finished(make_report(material, Resampling(100)))


def finished(made: dict[str, Any]) -> dict[str, Any]:
    """With what the stage adds."""
    made["measured_on"] |= {"dataset_fingerprint": "d" * 32, "predictions_fingerprint": "p" * 32}
    return made | {"probes": None, "also": []}


class Tags(html.parser.HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_fetches_nothing_and_runs_nothing(scheme: LabelScheme) -> None:
    page = render_page(report(scheme))
    assert "http" not in page
    assert not re.search(r"@import|url\((?!#)", page)
    tags = Tags(page).found
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    assert all(value and value.startswith("#") for _, a in tags for name, value in a.items() if "href" in name)
    assert not [name for _, a in tags for name in a if name.startswith("on") or name == "src"]


def test_every_figure_is_named_and_every_id_is_used_once(scheme: LabelScheme) -> None:
    tags = Tags(render_page(report(scheme))).found
    figures = [a for tag, a in tags if tag == "svg"]
    assert len(figures) == 6
    assert all(a["role"] == "img" and a["aria-label"] for a in figures)
    ids = Counter(a["id"] for _, a in tags if "id" in a)
    assert ids.most_common(1)[0][1] == 1
    uses = {value for _, a in tags for name, value in a.items() if "href" in name}
    assert uses
    assert {str(value).removeprefix("#") for value in uses} <= set(ids)


def test_figures_take_the_colour_of_the_text_around_them(scheme: LabelScheme) -> None:
    """A text or line in matplotlib's own black would vanish on a dark page."""
    for svg in re.findall(r"<svg.*?</svg>", render_page(report(scheme)), flags=re.DOTALL):
        assert "currentColor" in svg
        assert "#000000" not in svg
        assert all("fill: currentColor" in style for style in re.findall(r'<text style="([^"]*)"', svg))


@pytest.mark.parametrize("field", ["text", "target", "document", "intervener"])
def test_whatever_the_data_hold_is_shown_as_text(scheme: LabelScheme, field: str) -> None:
    page = render_page(report(scheme, **{field: "<script>alert(1)</script> $x$"}))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $x$" in page


def test_label_names_are_text_in_figures_too() -> None:
    names = ("$a$", "<b>&", "c")
    scheme = LabelScheme(definitions=dict.fromkeys(names, "x"), polar=names[:2], merged_into_none=names[2:])
    gold = from_examples(
        [example(i, names[i % 3], probabilities=tuple(np.eye(3)[i % 3].tolist())) for i in range(9)], scheme
    )
    material = Material(
        gold=gold,
        scheme=scheme,
        split="test",
        submitted={"<i>ours</i>": Answers(gold.label, gold.soft)},
        baselines={"majority": Answers(np.full(9, 2))},
        others={},
    )
    page = render_page(finished(make_report(material, Resampling(100))))
    assert "<b>" not in page
    assert "<i>" not in page
    assert page.count(">$a$<") >= 2
    assert page.count("&lt;b&gt;&amp;") >= 4


def test_equal_reports_give_equal_pages(scheme: LabelScheme) -> None:
    assert render_page(report(scheme)) == render_page(report(scheme))


def test_the_headline_and_the_comparison_say_who_leads(scheme: LabelScheme) -> None:
    page = " ".join(re.sub(r"<[^>]+>", " ", render_page(report(scheme))).split())
    assert "This system: macro-F1 0.10 [0.0" in page
    assert "on 24 test pairs from 24 articles" in page
    assert re.search(r"perfect −0\.90 \[−0\.9\d, −0\.\d\d\] behind .{0,60}? lie apart", page)
    assert re.search(r"majority 0\.00 \[−0\.\d\d, 0\.\d\d\] not clear .{0,60}? overlap", page)


@pytest.mark.parametrize(
    ("value", "p", "verdict"), [(0.2, 0.01, "ahead"), (0.2, 0.06, "not clear"), (-0.2, 0.01, "behind")]
)
def test_a_lead_is_claimed_only_after_correction(scheme: LabelScheme, value: float, p: float, verdict: str) -> None:
    made = report(scheme)
    made["comparisons"][0] |= {"difference": {"value": value, "low": value - 0.1, "high": value + 0.1}, "p_holm": p}
    row = re.search(
        r'<tr><th scope="row">majority</th>(?:(?!</tr>).)*lap(?:(?!</tr>).)*</tr>', render_page(made), re.DOTALL
    )
    assert row is not None
    assert f"<td>{verdict}</td>" in row.group()


def test_faults_are_shouted_about_and_their_absence_is_said(scheme: LabelScheme) -> None:
    leaking = report(scheme, group="group 200")
    assert leaking["leaks"]["dev"]["group"] == 24
    page = render_page(leaking)
    assert page.count('role="alert"') == 1
    assert "24 measured pairs share their group of articles with the dev split" in page
    quiet = report(scheme) | {"faults": []}
    assert 'role="alert"' not in render_page(quiet)
    assert "No fault found" in render_page(quiet)


def test_the_place_of_probes_is_at_the_end(scheme: LabelScheme) -> None:
    assert 'href="#probes"' not in render_page(report(scheme))


def test_what_weakens_the_figures_is_said(scheme: LabelScheme) -> None:
    assert len(report(scheme)["measured_on"]["notes"]) == 1
    notes = report(scheme, split="dev", group="one")["measured_on"]["notes"]
    assert len(notes) == 3
    assert "dev split also chose" in notes[1]
    assert "intervals are too narrow" in notes[2]
