"""The pieces of the language model labeler, each alone."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.config import ConfigError
from stance.labeling.llm_answer import InvalidAnswer, answer_schema, parse_answer
from stance.labeling.llm_budget import Budget, Estimator, Prices
from stance.labeling.llm_client import ServerConfig, read_key
from stance.labeling.llm_masking import masking_of
from stance.labeling.llm_prompt import Item, PromptConfig, as_data, make_item, make_prompt, request_key
from stance.labeling.llm_store import Usage
from stance.records import Pair, Sentence
from tests.conftest import SCHEME

FREE = Usage(0, 0, 0.0)


def item(sentence: str, **values: str) -> Item:
    return Item("p", "a", sentence, **({"target": "t", "before": "", "after": ""} | values))


@pytest.mark.parametrize(
    ("content", "label"),
    [
        ('{"label": "favor", "holder": "Ana", "confidence": 0.5}', "favor"),
        ('```json\n{"label": "neutral"}\n```', "neutral"),
        ('<think>{"label": "against"}</think>\n{"label": "favor"}', "favor"),
        ('{"label": "abstain", "holder": null, "confidence": 0}', None),
    ],
)
def test_answers_of_the_scheme_are_taken(content: str, label: str | None) -> None:
    assert parse_answer(content, SCHEME).label == label


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not one complete JSON object"),
        ('{"label": "favor"', "not one complete JSON object"),
        ('Sure! {"label": "favor"}', "not one complete JSON object"),
        ('["favor"]', "not one complete JSON object"),
        ("[" * 100_000, "not one complete JSON object"),
        ('{"label": "Favor"}', "the label is none of favor, against, neutral, unrelated, abstain"),
        ('{"label": 1, "confidence": 7}', "confidence, label"),
        ('{"label": "favor", "confidence": NaN}', "confidence"),
        ('{"holder": "Ana"}', "label"),
        ('{"label": "favor", "holder": "' + "x" * 201 + '"}', "holder"),
    ],
)
def test_anything_else_is_refused_with_a_reason_of_ours(content: str, reason: str) -> None:
    with pytest.raises(InvalidAnswer, match=reason):
        parse_answer(content, SCHEME)


def test_a_label_that_takes_no_side_has_no_holder() -> None:
    assert parse_answer('{"label": "neutral", "holder": "Ana"}', SCHEME).holder is None
    assert parse_answer('{"label": "favor", "holder": " Ana "}', SCHEME).holder == "Ana"


def test_the_schema_allows_the_labels_and_abstention() -> None:
    schema = answer_schema(SCHEME)
    assert schema["properties"]["label"]["enum"] == [*SCHEME.names, "abstain"]
    assert set(schema["required"]) == set(schema["properties"])


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text())
def test_no_text_leaves_its_line_or_its_string(sentence: str, before: str) -> None:
    line = as_data(item(f"x{sentence}", before=before))
    assert len(line.splitlines()) == 1
    assert "<" not in line
    assert ">" not in line
    read = json.loads(line)
    assert read["sentence"] == f"x{sentence}"
    assert read.get("before", "") == before
    assert set(read) <= {"sentence", "target", "before", "after"}


def test_marks_of_chat_templates_are_escaped_and_brackets_of_quotations_are_not() -> None:
    line = as_data(item("[INST] [/INST] <|im_start|> “[the mission] failed”"))
    assert "[INST]" not in line
    assert "[/INST]" not in line
    assert "[the mission]" in line


def test_the_prompt_holds_scheme_and_guidelines_as_they_are() -> None:
    prompt = make_prompt("# G\n\nVersion 2.10. A {labels} stays.", SCHEME, (), PromptConfig())
    assert prompt.guidelines_version == "2.10"
    assert "A {labels} stays." in prompt.system
    assert "- favor: for it" in prompt.system
    other = make_prompt("# G\n\nVersion 2.11. A {labels} stays.", SCHEME, (), PromptConfig())
    assert other.hash != prompt.hash
    assert make_prompt("none", SCHEME, (), PromptConfig()).guidelines_version is None


def test_a_key_changes_with_model_prompt_and_text_alone() -> None:
    messages = make_prompt("g", SCHEME, (), PromptConfig()).messages(item("x"))
    key = request_key("m", 0.0, messages)
    assert key == request_key("m", 0.0, make_prompt("g", SCHEME, (), PromptConfig()).messages(item("x")))
    others = [request_key("n", 0.0, messages), request_key("m", None, messages)]
    others += [request_key("m", 0.0, make_prompt("g", SCHEME, (), PromptConfig()).messages(item("y")))]
    others += [request_key("m", 0.0, make_prompt("h", SCHEME, (), PromptConfig()).messages(item("x")))]
    assert len({key, *others}) == 5


def test_names_are_hidden_and_found_again() -> None:
    pair = Pair(id="p", sentence_id="s", target="French intervention in Mali", intervener="France", place="Mali")
    text = "French troops left Mali, said a Malian; France and USAID stayed."
    sentence = Sentence(id="s", document_id="d", index=0, start=0, end=len(text), text=text, before="In Mali:")
    hidden = make_item(pair, sentence, PromptConfig(mask_names=True))
    assert hidden.sentence == "INTERVENER troops left PLACE, said a PLACE; INTERVENER and USAID stayed."
    assert (hidden.target, hidden.before) == ("INTERVENER intervention in PLACE", "In PLACE:")
    assert hidden.masking.show("the INTERVENER minister") == "the France minister"
    american = masking_of(Pair(id="p", sentence_id="s", target="US intervention in Cuba", place="Cuba"))
    assert american.hide("the US and the USSR in Cuban waters") == "the INTERVENER and the USSR in PLACE waters"
    general = masking_of(Pair(id="p", sentence_id="s", target="foreign intervention in Cuba"))
    assert general.hide("foreign troops") == "foreign troops"


def test_a_budget_waits_for_what_is_in_flight_and_then_says_no() -> None:
    async def scene() -> list[bool]:
        budget = Budget(money=10.0, tokens=None, spent=Usage(0, 0, 1.0))
        six = Usage(1, 1, 6.0)
        first = await budget.reserve(six)
        waiting = asyncio.create_task(budget.reserve(six))
        await asyncio.sleep(0)
        assert not waiting.done()
        await budget.settle(six, Usage(1, 1, 2.0))
        second = await waiting
        await budget.settle(six, six)
        assert budget.spent.cost == 9.0
        return [first, second, await budget.reserve(six), await budget.reserve(FREE)]

    assert asyncio.run(scene()) == [True, True, False, False]


def test_a_bound_is_never_below_what_was_seen() -> None:
    estimator = Estimator(Prices(1.0, 2.0), max_output_tokens=10)
    assert estimator.bound(1000).tokens_in >= 1000
    estimator.learn(1000, 250)
    estimator.learn(1000, 240)
    assert 275 <= estimator.bound(1000).tokens_in < 400
    assert estimator.bound(1000).cost == pytest.approx((estimator.bound(1000).tokens_in + 20) / 1e6)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"url": "ftp://x/v1"}, "expected http://host/v1"),
        ({"url": "https://user:word@x/v1"}, "without user or password"),
        ({"model": ""}, "server.model: required"),
        ({"api_key_variable": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set"),
        ({"url": "http://example.org/v1", "api_key_variable": "A_KEY"}, "not sent over plain http"),
    ],
)
def test_a_server_that_cannot_be_asked_is_refused(
    values: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "k")
    with pytest.raises(ConfigError, match=message):
        read_key(ServerConfig(**({"model": "m"} | values)))


def test_a_key_may_go_to_this_machine_and_over_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "k\n")
    for url in ("http://127.0.0.1:8000/v1", "http://localhost/v1", "https://example.org/v1"):
        assert read_key(ServerConfig(url=url, model="m", api_key_variable="A_KEY")) == "k"
    assert read_key(ServerConfig(model="m")) is None
