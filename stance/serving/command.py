"""`stance serve MODEL`, and what scripts/serve.py runs. Imports are late: `stance --help` starts fast."""

import argparse
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stance.serving.config import ServeConfig

SUMMARY = "a model as an HTTP API and a page, on this machine only unless told otherwise"
SEVERAL = ("hosts", "cors_origins", "proxies")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command; every other field of ServeConfig is given with --set."""
    add = parser.add_argument
    add("model", nargs="?", help="model folder made by export or train; left out, the fields are listed")
    add("--host", help="address to listen on (default: 127.0.0.1)")
    add("--port", help="0 takes a free one (default: 8000)")
    add("--hosts", help="names by which clients may call the server, with commas (default: 127.0.0.1,localhost)")
    add("--token-env", help="environment variable with the bearer token that clients must send (default: none)")
    add("--backend", help="what runs the network (default: auto)")
    add("--set", action="append", default=[], metavar="FIELD=VALUE", help="any field of the list; may be repeated")
    add("--workers", help="threads that run the network, one core each (default: one a core)")


def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or Ctrl-C; raises ConfigError and DataError."""
    from stance.config import ConfigError, decode, reference
    from stance.serving.config import ServeConfig

    if options.model is None:
        print("\n".join(f"{field} [{default}]\n    {text}" for field, default, text in reference(ServeConfig)))  # noqa: T201
        return
    values: dict[str, Any] = {"model": options.model}
    for name in ("host", "port", "hosts", "token_env", "backend", "workers"):
        if (given := getattr(options, name)) is not None:
            values[name] = _value(name, given)
    for field in options.set:
        name, equals, given = field.partition("=")
        if not equals:
            raise ConfigError(f"{field}: expected FIELD=VALUE; `stance serve` lists the fields")
        values[name] = _value(name, given)
    serve(decode(ServeConfig, values))


def serve(config: "ServeConfig") -> None:
    """Serve until SIGTERM or Ctrl-C; raises ConfigError where the port is taken or the model cannot be loaded."""
    from stance.serving.app import make_app
    from stance.serving.server import Server
    from stance.serving.service import Service
    from stance.web.listening import listen

    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("stance").setLevel(logging.INFO)
    with listen(config.host, config.port, "serve") as (listening, address):
        service = Service(config)
        _say(
            f"serve: {config.model} ({service.classifier.backend}, {service.workers} workers); Ctrl-C stops\n{address}"
        )
        Server(make_app(service, config), service).run([listening])
    _say(f"serve: stopped; {service.metrics.answered} requests answered")


def _value(name: str, given: str) -> Any:
    if name in SEVERAL:
        return [part for part in given.split(",") if part]
    try:
        return json.loads(given)
    except ValueError:
        return given


def _say(text: str) -> None:
    print(text, file=sys.stdout, flush=True)  # noqa: T201
