"""Holders, actors, the matrix and its files, on sentences of our own."""

from dataclasses import replace

import networkx as nx
import pyarrow.parquet
import pytest

from stance.analysis.actors import actor_of, speaker_of
from stance.analysis.attribution import attribute
from stance.analysis.holders import AUTHOR, Article, Holder, find_holder, head, matches
from stance.analysis.matrix import matrix
from stance.analysis.matrix_page import matrix_html
from stance.analysis.network import graphml, matrix_csv, write_parquet
from stance.analysis.opinions import Opinion
from stance.analysis.phrases import phrases, tokenise
from stance.analysis.quotes import quotations
from stance.records import Document, Sentence

TARGET = "Norwegian intervention in Libya"


def article(*sentences: str) -> Article:
    spans, text = [], ""
    for sentence in sentences:
        spans.append((len(text), len(text) + len(sentence)))
        text += sentence + " "
    return Article(text, spans)


def opinion(number: int, label: str = "favor", **fields: object) -> Opinion:
    whole = {name: float(name == label) for name in ("favor", "against", "neutral", "unrelated")}
    made = Opinion(f"d{number}:0:x", f"d{number}", f"paper-{number}", 0, 5, "Text <b>.", TARGET, label, whole)
    return replace(made, holder="Ann Dole", actor="Norway", actor_kind="country", **fields)


def test_a_quotation_goes_on_over_sentences_and_a_paragraph_ends_it() -> None:
    text = "“We came. We stay,” he said.\n“And so do they.\n“Always.”"
    assert [text[q.start : q.end] for q in quotations(text)] == ["“We came. We stay,”", "“And so do they.", "“Always.”"]
    straight = 'She said "no" and "never".'
    assert [straight[q.start : q.end] for q in quotations(straight)] == ['"no"', '"never"']


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("the eastern Libyan prime minister", "minister"),
        ("Rep. Ann Dole of Ohio", "dole"),
        ("A group of 30 churches", "group"),
        ("France, Italy and Greece", "france"),
    ],
)
def test_head_drops_determiners_modifiers_and_what_follows(name: str, word: str) -> None:
    assert head(name) == word


def test_the_author_matches_the_author_alone() -> None:
    assert matches(AUTHOR, AUTHOR)
    assert not matches("the author", AUTHOR)
    assert matches("Ms. Dole", "Ann Dole")


@pytest.mark.parametrize(
    ("sentence", "holder"),
    [
        ("The bombing must stop, said Ann Dole, a senator from Ohio.", "Ann Dole"),
        ("Ann Dole, a senator from Ohio, said that the bombing must stop.", "Ann Dole"),
        ("The African Union condemned the raid on Tuesday.", "The African Union"),
        ("The raid was a mistake, a senior official said.", "a senior official"),
        ("The raid was a success, according to Ann Dole.", "Ann Dole"),
    ],
)
def test_holders_of_single_sentences_have_their_span(sentence: str, holder: str) -> None:
    made = article(sentence)
    found = find_holder(made, 0)
    assert found.text == holder
    assert made.text[found.start : found.end] == holder


def test_a_pronoun_is_resolved_to_who_spoke_before() -> None:
    made = article("Ann Dole said the war was lost.", "“It must end now,” she said.")
    found = find_holder(made, 1)
    assert (found.text, found.kind) == ("Ann Dole", "pronoun-resolved")
    assert made.text[found.start : found.end] == "Ann Dole"


def test_actors_come_from_the_words_of_the_holder_or_from_its_introduction() -> None:
    text = "The Norwegian minister Kari Lie spoke. Later Lie said no. "
    text += "Ole Berg, the head of the African Union, agreed. Sam Roe left."
    assert actor_of(Holder("the French envoy", "anonymous"), text).name == "France"
    assert actor_of(Holder("Lie", "named"), text).name == "Norway"
    assert actor_of(Holder("Ole Berg", "named"), text).kind in {"organisation", "country"}
    assert actor_of(Holder("Sam Roe", "named"), text).name == "Sam Roe"
    assert actor_of(Holder(AUTHOR, AUTHOR), text).kind == AUTHOR


def test_attribution_fills_every_opinion_and_keeps_the_order() -> None:
    first, second = "The Norwegian minister Kari Lie said the raid was right.", "It rained."
    text = f"{first} {second}"
    document = Document(id="d1", text=text, source="a.txt")
    spans = [(0, len(first)), (len(first) + 1, len(text))]
    sentences = [
        Sentence(id=f"d1:{n}", document_id="d1", index=n, start=a, end=b, text=text[a:b])
        for n, (a, b) in enumerate(spans)
    ]
    asked = [replace(opinion(1), start=a, end=b, holder=None) for a, b in reversed(spans)]
    filled = attribute(asked, {"d1": document}, sentences)
    assert [o.start for o in filled] == [o.start for o in asked]
    assert filled[1].actor == "Norway"
    assert text[filled[1].holder_start : filled[1].holder_end] == filled[1].holder
    assert {o.cluster for o in filled} == {"d1"}


def test_net_counts_favor_against_and_neutral_and_no_unrelated() -> None:
    labels = ["favor", "favor", "against", "neutral", "unrelated"]
    (cell,) = matrix([opinion(n, label) for n, label in enumerate(labels)])
    assert cell.net == pytest.approx((2 - 1) / 4)
    assert cell.n == len(cell.evidence) == 4
    assert cell.low is not None
    assert cell.high is not None
    assert -1 <= cell.low <= cell.net <= cell.high <= 1


def test_one_story_has_no_interval_and_the_order_of_the_input_does_not_matter() -> None:
    rows = [opinion(n, cluster="story") for n in range(3)]
    (cell,) = matrix(rows)
    assert (cell.low, cell.high, cell.clusters) == (None, None, 1)
    assert matrix(rows[::-1]) == [cell]
    with pytest.raises(ValueError, match="expected 'actor' or 'holder'"):
        matrix(rows, by="outlet")


def test_network_csv_and_parquet_say_the_same(tmp_path) -> None:
    cells = matrix([opinion(1), opinion(2, "against"), opinion(3, "against")])
    graph = nx.parse_graphml(graphml(cells))
    (edge,) = graph.edges(data=True)
    assert edge[2]["sign"] == -1
    assert edge[2]["weight"] == pytest.approx(-1 / 3)
    write_parquet(cells, tmp_path / "matrix.parquet")
    (row,) = pyarrow.parquet.read_table(tmp_path / "matrix.parquet").to_pylist()
    assert row["net"] == pytest.approx(edge[2]["weight"])
    header, line = matrix_csv(cells).splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["actor"] == row["actor"] == "Norway"


def test_every_cell_of_the_page_opens_its_sentences_escaped() -> None:
    page = matrix_html(matrix([opinion(1), opinion(2)]))
    assert page.count("<details>") == 1
    assert page.count("<li data-name>Text &lt;b&gt;.") == 2
    assert "<script" not in page


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("About six in ten Norwegians oppose the raid.", ("share", "About six in ten Norwegians")),
        ("A poll found 71 percent of voters against it.", ("share", "71 percent of voters")),
        ("Chad, Mali and Niger have sent troops.", ("list", "Chad, Mali and Niger")),
        ("On Monday shepherds in the hills demand a vote.", ("bare", "shepherds")),
        ("The Khmer Rouge refuse to leave.", ("noun", "The Khmer Rouge")),
    ],
)
def test_shares_lists_and_bare_plurals_are_phrases(sentence: str, wanted: tuple[str, str]) -> None:
    tokens = tokenise(sentence)
    found = [(p.kind, sentence[tokens[p.first].start : tokens[p.last - 1].end]) for p in phrases(tokens)]
    assert wanted in found


def test_a_word_that_opens_a_sentence_is_a_name_where_the_article_has_it_elsewhere() -> None:
    tokens = tokenise("Kidnappings fell.")
    assert [p.kind for p in phrases(tokens)] == ["opening"]
    assert [p.kind for p in phrases(tokens, {"Kidnappings"})] == ["name"]


def test_a_mark_before_a_space_closes_whatever_its_shape() -> None:
    text = "“It may be so. “ Ann Dole said no."
    assert [text[q.start : q.end] for q in quotations(text)] == ["“It may be so. “"]


def test_what_stands_between_marks_from_end_to_end_is_not_the_authors() -> None:
    made = article("Ann Dole spoke.", "“The raid was a crime.”")
    assert AUTHOR not in {candidate.holder.text for candidate in made.candidates(1)}


def test_a_speaker_has_one_name_within_an_article() -> None:
    text = "The prime minister, PM Omar al-Tarhi, agreed. Boris Stepanenko and Stephanenko refused."
    assert speaker_of(Holder("Stephanenko", "named"), text) == "Boris Stepanenko"
    assert speaker_of(Holder("PM Omar al-Tarhi", "named"), text) == "Omar al-Tarhi"
    assert speaker_of(Holder("Al-Tarhi", "named"), text) == "Omar al-Tarhi"
    titled = "Prime minister Kari Lie spoke. Lars Berg, the Norwegian envoy, left. An envoy came."
    assert speaker_of(Holder("the envoy", "anonymous"), titled) == "Lars Berg"
    assert speaker_of(Holder("the general", "anonymous"), titled) == "the general"


def test_the_matrix_by_holder_counts_a_speaker_once() -> None:
    rows = [opinion(1, speaker="Ann Dole"), opinion(2, speaker="Ann Dole")]
    (cell,) = matrix([replace(rows[0], holder="Dole"), rows[1]], by="holder")
    assert (cell.actor, cell.n) == ("Ann Dole", 2)
