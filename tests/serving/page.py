"""The page's server in a thread of its own, Debian's Chromium, and what is wrong with what a reader sees."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from stance.serving.app import make_app
from stance.serving.config import ServeConfig
from stance.serving.service import Service

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync"
SERIOUS = {"serious", "critical"}
WAIT_MS = 60_000
READY = "() => document.body.dataset.state === 'ready'"


@contextmanager
def served(config: ServeConfig) -> Iterator[str]:
    """The address of a server that runs until the end of the block."""
    server = uvicorn.Server(uvicorn.Config(make_app(Service(config), config), port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server stopped"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        yield browser
        browser.close()


def opened(context: Any, address: str) -> Any:
    """The page, ready for an article."""
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(address)
    page.wait_for_function("() => document.getElementById('sure').options.length > 0")
    return page


def read(page: Any, text: str) -> None:
    """Paste an article and wait until it is shown."""
    page.fill("#text", text)
    page.click("#read")
    page.wait_for_selector("#reader:not([hidden])")
    page.wait_for_function(READY)


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in SERIOUS]
