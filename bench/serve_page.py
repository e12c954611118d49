"""First paint of the reading page in Debian's Chromium, without cache; rows for bench/serve.py."""

import statistics

from bench.table import Row

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
PAINTS = 5
BAR_MS = 1000.0
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def paint_rows(address: str) -> list[Row]:
    """The rows of the page served at `address`."""
    from playwright.sync_api import sync_playwright

    times = []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for _ in range(PAINTS):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.goto(address)
            page.wait_for_function(FIRST_PAINT)
            times.append(float(page.evaluate(FIRST_PAINT)))
            context.close()
        browser.close()
    median = statistics.median(times)
    how = f"median of {PAINTS} first contentful paints, empty caches; slowest {max(times):.0f} ms"
    return [Row("first paint of the page", "under 1 s", f"{median:.0f} ms", how, median < BAR_MS)]
