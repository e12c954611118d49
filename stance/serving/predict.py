"""POST /predict: pairs of a sentence and a target -> label and probabilities."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from stance.records import Prediction
from stance.serving.asking import Body, Reply, read, refusals, takes, while_connected
from stance.serving.config import ServeConfig
from stance.serving.service import Service


class Stance(Reply):
    """The answer about one pair."""

    label: str
    """The most probable label."""
    probabilities: dict[str, float]
    """Calibrated, for each label."""
    abstained: bool
    """Whether the label is less probable than `abstain_below`."""


class PredictReply(Reply):
    """The answers, in the order of the pairs."""

    model: str
    """Fingerprint of the model that gave all of them."""
    predictions: list[Stance]


def stance_of(prediction: Prediction) -> Stance:
    """What a client gets of a Prediction."""
    return Stance.model_construct(
        label=prediction.label, probabilities=dict(prediction.probabilities), abstained=prediction.abstained
    )


def predict_request(config: ServeConfig) -> type[Body]:
    """The schema of the body, with the limits of this server."""
    text = Annotated[str, Field(max_length=config.max_text_characters)]

    class Context(Body):
        """The sentences around it; models that read none (`/info` says so) do not look at them."""

        before: text = ""
        after: text = ""

    class Pair(Body):
        """A sentence, and the intervention towards which its stance is asked."""

        text: Annotated[str, Field(min_length=1, max_length=config.max_text_characters)]
        target: Annotated[str, Field(min_length=1, max_length=config.max_target_characters)]
        """For example: Russian intervention in Libya"""
        context: Context | None = None

    class PredictRequest(Body):
        """Pairs to classify."""

        pairs: Annotated[list[Pair], Field(min_length=1, max_length=config.max_pairs)]
        abstain_below: Annotated[float, Field(ge=0, le=1)] = 0.0
        """Answers less probable than this are marked as abstained."""

    return PredictRequest


def predict_routes(service: Service, asked: type[Body]) -> APIRouter:
    """The route; `asked` is what `predict_request` made."""
    router = APIRouter(tags=["stances"])

    @router.post(
        "/predict",
        summary="Stances of sentences towards targets",
        response_model=PredictReply,
        responses=refusals(415, 422, 503),
        openapi_extra=takes(asked),
    )
    async def predict(request: Request) -> Response:
        """One answer for each pair, in order.

        Pairs of several requests may be run together; an answer does not depend on its company.
        """
        body: Any = await read(request, asked)
        contexts = [(p.context.before, p.context.after) if p.context else ("", "") for p in body.pairs]
        async with while_connected(request):
            done = await service.predict(
                [p.text for p in body.pairs],
                [p.target for p in body.pairs],
                contexts,
                abstain_below=body.abstain_below,
            )
        answers = [stance_of(p) for p in done.predictions]
        reply = PredictReply.model_construct(model=done.model, predictions=answers)
        return Response(reply.model_dump_json(), media_type="application/json")

    return router
