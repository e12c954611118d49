"""What the page asks of its server; everything here lies below /page and is no part of the documented API."""

from collections.abc import Mapping

from fastapi import APIRouter

from stance.serving.config import ServeConfig
from stance.serving.service import Service
from stance.web.guard import Upload


def page_routes(service: Service, config: ServeConfig) -> APIRouter:  # noqa: ARG001
    """The routes, without their prefix."""
    return APIRouter()


def uploads(config: ServeConfig) -> Mapping[str, Upload]:  # noqa: ARG001
    """By full path (`/page/...`), what is taken there beside JSON."""
    return {}
