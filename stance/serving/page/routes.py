"""What the page asks of its server; everything here lies below /page and is no part of the documented API."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from stance.config import ConfigError, DataError
from stance.inference.classifier import StanceClassifier
from stance.ingest.article import UnreadableError
from stance.records import Document
from stance.serving.asking import AskedError, read, while_connected
from stance.serving.config import ServeConfig
from stance.serving.documents import split
from stance.serving.page import reading
from stance.serving.page.asked import Bodies
from stance.serving.page.corrections import Corrections, given_for
from stance.serving.page.marks import standoff
from stance.serving.page.omission import contrasted, weights, without_each
from stance.serving.page.similar import Index
from stance.serving.service import Service
from stance.web.guard import Upload

MAX_UPLOAD_BYTES = 10_000_000
NEIGHBOURS = 5


def uploads(config: ServeConfig) -> Mapping[str, Upload]:  # noqa: ARG001
    """By full path (`/page/...`), what is taken there beside JSON."""
    return {"/page/file": Upload(MAX_UPLOAD_BYTES, frozenset(reading.SUFFIXES))}


def page_routes(service: Service, config: ServeConfig) -> APIRouter:
    """The routes, without their prefix; raises ConfigError and DataError when what the config names is not usable."""
    router = APIRouter()
    bodies = Bodies(config)
    second = _second(service, config)
    _add_reading(router, service, config, bodies)
    _add_sentence(router, service, bodies, Index(_examples(config)) if config.examples else None)
    _add_comparison(router, service, config, bodies, second)
    _add_corrections(router, service, config, bodies)

    @router.get("/setup")
    async def setup() -> dict[str, Any]:
        classifier = service.classifier
        return {
            "model": classifier.fingerprint,
            "backend": classifier.backend,
            "labels": [{"name": k, "definition": v} for k, v in classifier.scheme.definitions.items()],
            "polar": classifier.scheme.polar,
            "promises": dict(classifier.settings.abstention.answers) if classifier.settings.abstention else {},
            "max_targets": config.max_targets,
            "fetch": config.fetch_urls,
            "examples": config.examples is not None,
            "corrections": config.corrections is not None,
            "compare": second.fingerprint if second else None,
        }

    return router


def _add_reading(router: APIRouter, service: Service, config: ServeConfig, bodies: Bodies) -> None:
    async def answer(find: Callable[[], Document]) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            document = _usable(find)
            split(document, config, holders=False)
            kept = document.model_dump(include={"title", "outlet", "author", "url", "published", "text"})
            return kept | {"targets": reading.suggest(document)}

        return await service.run(work)

    @router.post("/article")
    async def article(request: Request) -> dict[str, Any]:
        body: Any = await read(request, bodies.source)
        if body.url is not None and not config.fetch_urls:
            raise AskedError(403, "this server fetches no addresses; it is started with fetch_urls=true if it should")
        if body.url is not None:
            return await answer(lambda: reading.fetched(body.url))
        if body.html is not None:
            return await answer(lambda: reading.pasted_page(body.html))
        return await answer(lambda: reading.pasted(body.text))

    @router.post("/file")
    async def file(request: Request) -> dict[str, Any]:
        content = await request.body()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return await answer(lambda: reading.uploaded(content, kind))


def _add_sentence(router: APIRouter, service: Service, bodies: Bodies, index: Index | None) -> None:
    @router.post("/words")
    async def words(request: Request) -> dict[str, Any]:
        body: Any = await read(request, bodies.chosen)
        left_out = without_each(body.text)
        texts = [body.text, *(each.text for each in left_out)]
        async with while_connected(request):
            done = await service.predict(texts, [body.target] * len(texts), [(body.before, body.after)] * len(texts))
        whole, *rest = [p.probabilities for p in done.predictions]
        label, against = contrasted(whole)
        values = weights(whole, rest, label, against)
        found = [{"start": w.start, "end": w.end, "weight": v} for w, v in zip(left_out, values, strict=True)]
        return {"model": done.model, "label": label, "against": against, "words": found}

    @router.post("/similar")
    async def similar(request: Request) -> dict[str, Any]:
        body: Any = await read(request, bodies.chosen)
        if index is None:
            raise AskedError(404, "this server was given no labelled examples")
        near = await service.run(lambda: index.nearest(body.text, NEIGHBOURS))
        shown = {"text", "target", "label", "holder", "outlet", "year"}
        return {"examples": [n.example.model_dump(include=shown) | {"similarity": n.similarity} for n in near]}


def _add_comparison(
    router: APIRouter, service: Service, config: ServeConfig, bodies: Bodies, second: StanceClassifier | None
) -> None:
    @router.post("/compare")
    async def compare(request: Request) -> dict[str, Any]:
        body: Any = await read(request, bodies.compared)
        if second is None:
            raise AskedError(404, "this server was given no second model")
        deadline = service.deadline()
        async with while_connected(request):
            found = await service.run(
                lambda: split(_usable(lambda: reading.pasted(body.text)), config, holders=False), deadline
            )
            asked = [(sentence, target) for sentence in found.sentences for target in body.targets]
            texts, targets = [s.text for s, _ in asked], [target for _, target in asked]
            contexts = [(s.before, s.after) for s, _ in asked] if second.reads_context else None
            stances: list[dict[str, Any]] = []
            if asked:
                rows = await service.pool.predict_proba(second, texts, targets, contexts, deadline)
                answers = second.predictions(texts, targets, rows)
                stances = [{"label": p.label, "probabilities": p.probabilities} for p in answers]
        each = len(body.targets)
        return {
            "model": second.fingerprint,
            "sentences": [stances[n * each : (n + 1) * each] for n in range(len(found.sentences))],
        }


def _add_corrections(router: APIRouter, service: Service, config: ServeConfig, bodies: Bodies) -> None:
    kept = Corrections(config.corrections) if config.corrections else None

    @router.post("/corrections")
    async def correct(request: Request) -> dict[str, Any]:
        body: Any = await read(request, bodies.correction)
        if kept is None:
            raise AskedError(404, "this server takes no corrections")
        if body.label is not None and body.label not in service.classifier.scheme.names:
            expected = ", ".join(service.classifier.scheme.names)
            raise AskedError(422, f"label: not in the scheme; expected one of {expected}")

        def work() -> dict[str, Any]:
            found = split(_usable(lambda: reading.pasted(body.text)), config, holders=False)
            if body.sentence >= len(found.sentences):
                raise AskedError(422, f"sentence: the article has {len(found.sentences)}")
            sentence = found.sentences[body.sentence]
            try:
                given = given_for(
                    sentence, body.target, identity=body.id, coder=body.coder,
                    label=body.label, undoes=body.undoes, note=body.note,
                )  # fmt: skip
                row = kept.add(found.document, sentence, body.target, given)
            except DataError as error:
                raise AskedError(409, str(error)) from None
            except ValueError:
                raise AskedError(422, "expected a label, or undoes: one of the two") from None
            return {"id": row.id, "pair_id": row.pair_id, "created": row.created}

        return await service.run(work)

    @router.post("/standoff")
    async def annotations(request: Request) -> PlainTextResponse:
        body: Any = await read(request, bodies.marks)

        def work() -> str:
            document = _usable(lambda: reading.pasted(body.text)).model_copy(update={"url": body.url})
            sentences = split(document, config, holders=False).sentences
            if any(not 0 <= mark.sentence < len(sentences) for mark in body.marks):
                raise AskedError(422, f"marks: the article has {len(sentences)} sentences")
            return "".join(row.model_dump_json() + "\n" for row in standoff(document, sentences, body.marks))

        return PlainTextResponse(await service.run(work), media_type="application/jsonl")


def _usable(find: Callable[[], Document]) -> Document:
    try:
        return find()
    except UnreadableError as error:
        raise AskedError(422, f"no article to read: {error}") from None


def _second(service: Service, config: ServeConfig) -> StanceClassifier | None:
    if config.compare is None:
        return None
    second = StanceClassifier.load(config.compare, backend=config.backend, threads=1)
    ours, theirs = service.classifier.scheme.names, second.scheme.names
    if ours != theirs:
        raise ConfigError(f"compare: its labels are {', '.join(theirs)}, those of model {', '.join(ours)}")
    return second


def _examples(config: ServeConfig) -> list[Any]:
    try:
        from stance.examples import read_examples
    except ImportError:
        raise ConfigError("examples: a dataset folder is Parquet; pip install pyarrow") from None
    assert config.examples is not None  # noqa: S101
    return read_examples(config.examples, "train")
