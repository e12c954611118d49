"""POST /documents: an article, as text or html -> its sentences with holders and stances."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field, JsonValue, model_validator

from stance.analysis.holders import Article, Holder, find_holder
from stance.ingest.article import UnreadableError, make_document
from stance.ingest.readers.html import page_document
from stance.ingest.sentences import split_sentences
from stance.records import Document, Sentence
from stance.serving.asking import AskedError, Body, Reply, read, refusals, takes, while_connected
from stance.serving.config import ServeConfig
from stance.serving.predict import Stance, stance_of
from stance.serving.service import Service

SOURCE = "request"
NOT_BLANK: dict[str, JsonValue] = {"pattern": r"\S"}
"""For the schema alone: the reader says it in words of its own."""
WORD_CHARACTERS = 5000
"""Longer words are no prose; finding sentences in them takes time with the square of their length."""
HOLDER_CHARACTERS = 800
"""A holder is looked for in so much of a sentence: what that takes grows with the square of its length."""


class HolderReply(Reply):
    """Whose stance it is."""

    text: str
    """The holder's words in the article; `author` for the author."""
    kind: str
    """author, named, collective, anonymous or pronoun-resolved; of the last, text and span are the antecedent's."""
    start: int | None
    """Code point of `text` at which it begins; null for the author."""
    end: int | None


class TargetStance(Stance):
    """The answer about one sentence and target."""

    target: str


class SentenceReply(Reply):
    """A sentence; start and end are code points of the article's `text`, half-open."""

    start: int
    end: int
    text: str
    holder: HolderReply | None
    """Null where holders were not asked for."""
    stances: list[TargetStance]
    """One for each target, in the order of the request."""


class DocumentReply(Reply):
    """An article as it was read, and its sentences in order."""

    model: str
    """Fingerprint of the model that gave all answers."""
    title: str | None
    text: str
    """The article that offsets count in: Unicode NFC, newlines as line ends, mark-up left out."""
    sentences: list[SentenceReply]


@dataclass(frozen=True)
class Read:
    """An article with its sentences, and the holder of each where they were asked for."""

    document: Document
    sentences: Sequence[Sentence]
    holders: Sequence[Holder | None]


def document_request(config: ServeConfig) -> type[Body]:
    """The schema of the body, with the limits of this server."""

    class DocumentRequest(Body):
        """An article and the interventions to ask each of its sentences about: give `text` or `html`."""

        model_config = ConfigDict(json_schema_extra={"oneOf": [_only("text", "html"), _only("html", "text")]})

        text: Annotated[str, Field(max_length=config.max_document_characters, json_schema_extra=NOT_BLANK)] | None = (
            None
        )
        html: Annotated[str, Field(json_schema_extra=NOT_BLANK)] | None = None
        """A whole page; menus, comments and scripts are left out."""
        targets: Annotated[
            list[Annotated[str, Field(min_length=1, max_length=config.max_target_characters)]],
            Field(min_length=1, max_length=config.max_targets),
        ]
        """For example: Russian intervention in Libya"""
        holders: bool = True
        """Whether to say whose stance it is."""
        abstain_below: Annotated[float, Field(ge=0, le=1)] = 0.0
        """Answers less probable than this are marked as abstained."""

        @model_validator(mode="after")
        def _one_article(self) -> "DocumentRequest":
            if (self.text is None) == (self.html is None):
                raise ValueError("give text or html, not both or neither")
            return self

    return DocumentRequest


def _only(given: str, other: str) -> dict[str, Any]:
    """JSON schema: `given` is there, and not `other`."""
    return {"required": [given], "properties": {given: {"type": "string"}, other: {"type": "null"}}}


def document_routes(service: Service, config: ServeConfig, asked: type[Body]) -> APIRouter:
    """The route; `asked` is what `document_request` made of the same config."""
    router = APIRouter(tags=["stances"])

    @router.post(
        "/documents",
        summary="Stances and holders in an article",
        response_model=DocumentReply,
        responses=refusals(415, 422, 503),
        openapi_extra=takes(asked),
    )
    async def documents(request: Request) -> Response:
        """Each sentence with its offsets, its holder, and its stance towards each target."""
        body: Any = await read(request, asked)
        deadline = service.deadline()
        async with while_connected(request):
            found = await service.run(
                lambda: read_article(body.text, body.html, config, holders=body.holders), deadline
            )
            if (pairs := len(found.sentences) * len(body.targets)) > config.max_document_pairs:
                most = config.max_document_pairs
                raise AskedError(413, f"sentences times targets are {pairs}, expected at most {most}; send parts of it")
            reply = await analyse(service, found, body.targets, abstain_below=body.abstain_below, deadline=deadline)
        return Response(reply.model_dump_json(), media_type="application/json")

    return router


def read_article(text: str | None, html: str | None, config: ServeConfig, *, holders: bool = True) -> Read:
    """The article in `text`, or else in the page `html`; raises AskedError 413 or 422 when there is none to work on."""
    try:
        if html is None:
            document = make_document(SOURCE, text or "", {})
        else:
            document = page_document(SOURCE, html.encode("utf-8"))
    except UnreadableError as error:
        raise AskedError(422, f"{'text' if html is None else 'html'}: {error}") from None
    return split(document, config, holders=holders)


def split(document: Document, config: ServeConfig, *, holders: bool = True) -> Read:
    """The document with its sentences and holders; raises AskedError 413 or 422 when it is too long."""
    if len(document.text) > config.max_document_characters:
        most = config.max_document_characters
        raise AskedError(413, f"the article has {len(document.text)} characters, expected at most {most}")
    if (longest := max(map(len, document.text.split()))) > WORD_CHARACTERS:
        raise AskedError(422, f"the article has a word of {longest} characters, expected at most {WORD_CHARACTERS}")
    sentences = list(split_sentences(document))
    found: list[Holder | None] = [None] * len(sentences)
    if holders:
        spans = [(s.start, min(s.end, s.start + HOLDER_CHARACTERS)) for s in sentences]
        article = Article(document.text, spans, document.genre)
        found = [find_holder(article, number) for number in range(len(sentences))]
    return Read(document, sentences, found)


async def analyse(
    service: Service,
    found: Read,
    targets: Sequence[str],
    *,
    abstain_below: float = 0.0,
    deadline: float | None = None,
) -> DocumentReply:
    """The stance of every sentence towards each target; raises BusyError."""
    asked = [(sentence, target) for sentence in found.sentences for target in targets]
    done = await service.predict(
        [s.text for s, _ in asked],
        [target for _, target in asked],
        [(s.before, s.after) for s, _ in asked],
        abstain_below=abstain_below,
        deadline=deadline,
    )
    stances = [
        TargetStance.model_construct(target=target, **dict(stance_of(p)))
        for (_, target), p in zip(asked, done.predictions, strict=True)
    ]
    each = len(targets)
    return DocumentReply.model_construct(
        model=done.model,
        title=found.document.title,
        text=found.document.text,
        sentences=[
            SentenceReply.model_construct(
                start=s.start,
                end=s.end,
                text=s.text,
                holder=_shown(holder),
                stances=stances[number * each : (number + 1) * each],
            )
            for number, (s, holder) in enumerate(zip(found.sentences, found.holders, strict=True))
        ],
    )


def _shown(holder: Holder | None) -> HolderReply | None:
    if holder is None:
        return None
    return HolderReply.model_construct(text=holder.text, kind=holder.kind, start=holder.start, end=holder.end)
