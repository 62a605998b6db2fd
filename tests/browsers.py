"""A real browser for tests, and pages served to it from this process."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

PICTURES = os.environ.get("PICTURES")
"""The folder in which pictures of pages are kept; without it, none are."""

# A busy machine is no mistake of the page's: what never comes fails a little later.
expect.set_options(timeout=30_000)


@contextmanager
def started(what: str, *flags: str) -> Iterator[Browser]:
    """A Chromium with more flags. Without one the test is skipped, saying what was not tried."""
    with sync_playwright() as playwright:
        options: dict[str, Any] = {"executable_path": CHROMIUM} if CHROMIUM else {}
        try:
            browser = playwright.chromium.launch(
                args=["--no-sandbox", "--disable-gpu", *flags], **options
            )
        except Exception as error:  # ruff: ignore[blind-except] — whatever it is, there is no browser here
            pytest.skip(f"NO BROWSER, so {what} not tried: {error}")
        with browser:
            yield browser


@contextmanager
def served(
    app: Any, port: int, host: str = "127.0.0.1", tls: tuple[str, str] | None = None
) -> Iterator[None]:
    """A WSGI application at an address, over TLS with the paths of a certificate and its key."""
    server = make_server(host, port, app, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
