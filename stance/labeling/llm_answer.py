"""What a language model may answer, and the check of what it did answer."""

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stance.labels import LabelScheme

ABSTAIN = "abstain"
"""What the model is told to answer when it cannot decide; it becomes a vote without a label."""
MAX_HOLDER_CHARACTERS = 200
THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
"""What reasoning models put before their answer on servers that do not cut it off."""
FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)


class InvalidAnswer(Exception):  # noqa: N818 - an outcome that is counted, not a failure of ours
    """The model's text is no answer of the scheme; the message says why, in our words alone."""


class Answer(BaseModel):
    """A valid answer; `label` None is an abstention."""

    model_config = ConfigDict(frozen=True, strict=True)

    label: str | None
    holder: Annotated[str, Field(max_length=MAX_HOLDER_CHARACTERS)] | None = None
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)


def answer_schema(scheme: LabelScheme) -> dict[str, Any]:
    """The JSON schema for `response_format`, within what strict modes of servers support."""
    return {
        "type": "object",
        "properties": {
            "label": {"type": "string", "enum": [*scheme.names, ABSTAIN]},
            "holder": {"type": ["string", "null"]},
            "confidence": {"type": "number"},
        },
        "required": ["label", "holder", "confidence"],
        "additionalProperties": False,
    }


def describe_fields(scheme: LabelScheme) -> str:
    """The fields of an answer in words, for servers that know no schemas."""
    return "\n".join(
        [
            f'- "label": one of {", ".join(scheme.names)}; or {ABSTAIN} when the item cannot be understood',
            f'- "holder": whose stance a label {" or ".join(scheme.polar)} records, as in the guidelines; else null',
            '- "confidence": a number from 0 to 1, the chance that a careful annotator would give the same label',
        ]
    )


def parse_answer(content: str, scheme: LabelScheme) -> Answer:
    """The answer in a model's text; raises InvalidAnswer when it is no JSON, or not of the scheme.

    A code fence or a thought before the answer is taken off; other text around it is not guessed at.
    """
    text = THOUGHT.sub("", content)
    if fenced := FENCE.match(text):
        text = fenced[1]
    try:
        values = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise InvalidAnswer("it is not one complete JSON object") from None
    if not isinstance(values, dict):
        raise InvalidAnswer("it is not one complete JSON object")
    try:
        answer = Answer.model_validate(values)
    except ValidationError as error:
        fields = sorted({str(detail["loc"][0]) for detail in error.errors()} & set(Answer.model_fields))
        raise InvalidAnswer(f"missing or not of its kind: {', '.join(fields)}") from None
    if answer.label == ABSTAIN:
        return Answer(label=None, confidence=answer.confidence)
    if answer.label not in scheme.names:
        raise InvalidAnswer(f"the label is none of {', '.join((*scheme.names, ABSTAIN))}")
    holder = (answer.holder or "").strip() or None
    return answer.model_copy(update={"holder": holder if answer.label in scheme.polar else None})
