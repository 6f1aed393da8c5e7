"""A page that is watched: what it asked for, and what it complained about."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request

from analytics.settings import Settings
from analytics.warehouse import published
from analytics.warehouse.published import Version

GRAVE = frozenset({"error", "warning"})


@dataclass(frozen=True)
class Served:
    """A running dashboard and the data it shows."""

    address: str
    settings: Settings

    @property
    def version(self) -> Version:
        """The version shown now."""
        return published.current(self.settings)


@dataclass
class Watched:
    """A page, and what it asked for and complained about."""

    page: Page
    address: str
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open an address and wait for its figures."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("#version")
        return self.page

    def go(self, path: str) -> None:
        """Wait until the page has moved to ``path``."""
        self.page.wait_for_url(self.address + path)


def watch(context: BrowserContext, served: Served) -> Watched:
    """Open a page in ``context`` whose requests and complaints are kept."""
    context.set_default_timeout(60_000)
    page = context.new_page()
    watched = Watched(page, served.address)
    page.on("request", lambda request: watched.requests.append(request))
    page.on("console", lambda message: watched.complaints.append(message.text) if message.type in GRAVE else None)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    return watched


def hold_to(watched: Watched) -> None:
    """After every test: nothing left the machine, nothing was complained about."""
    hosts = {urlsplit(request.url).netloc for request in watched.requests if request.url.startswith(("http", "ws"))}
    assert hosts <= {urlsplit(watched.address).netloc}
    assert watched.complaints == []
