"""The demo's people: customers who open tickets, come back and rate; agents who answer."""

from __future__ import annotations

import heapq
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

import httpx

from plugin.demo.desk import DeskError, LiveDesk
from plugin.demo.postbox import Postbox
from plugin.demo.samples.live import Incoming, agent_answer, customer_return, rating
from plugin.demo.stage import username
from routing.playbook import Playbook

_SURVEY = re.compile(r"(https?://\S+)(/s/)(\S+)")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_SCORES = re.compile(r'name="score" value="(\d+)"')
_USUAL = 5
"""The best score that the sample data knows."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket the demo has opened, and who wrote what."""

    ticket: str
    wrote: Incoming


@dataclass(slots=True)
class Traffic:
    """Plays customers and agents on a live desk, a step at a time.

    ``pace`` is the mean number of seconds between two new tickets. Customers find surveys in the
    ticket, or in their mail where there is a ``postbox``.
    """

    desk: LiveDesk
    playbook: Playbook
    source: Iterator[Incoming]
    rng: Random
    pace: float
    say: Callable[[str], None]
    postbox: Postbox | None = None
    opened: list[Opened] = field(default_factory=list)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def run(self, until: Callable[[], bool]) -> None:
        """Play until told to stop."""
        self._after(0.0, self._arrive)
        while not until():
            if self._due and self._due[0][0] <= time.monotonic():
                _, _, act = heapq.heappop(self._due)
                try:
                    act()
                except (DeskError, httpx.HTTPError) as error:
                    self.say(f"The desk did not take it: {error}")
            else:
                time.sleep(0.05)

    def open_one(self) -> Opened | None:
        """Open the next ticket through the desk's public form or its API.

        One that the desk refuses (an address it does not take) is told and passed over; None
        when there are no more.
        """
        for one in self.source:
            try:
                opened = Opened(self._open(one), one)
            except DeskError as error:
                self.say(f"The desk refused a ticket of {one.email}: {error}")
                continue
            self.opened.append(opened)
            return opened
        return None

    def _open(self, one: Incoming) -> str:
        queue = self.playbook.default_queue
        if one.via == "form":
            return self.desk.open_by_form(queue, one.subject, one.text, one.email)
        return self.desk.open_by_api(queue, one.subject, one.text, one.email)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), act))

    def _arrive(self) -> None:
        self._after(self.rng.expovariate(1 / self.pace), self._arrive)
        opened = self.open_one()
        if opened is not None:
            self.say(f"#{opened.ticket} {opened.wrote.email}: {opened.wrote.subject}")
            self._after(self.rng.uniform(6, 15), lambda: self._answer(opened))

    def _agent(self, opened: Opened) -> str | None:
        """Who holds the ticket in the desk, by their name there."""
        holder = self.desk.ticket(opened.ticket).get("assigned_to")
        name = self.playbook.agent_of("demo", None if holder is None else str(holder))
        return None if name is None else username(name)

    def _answer(self, opened: Opened) -> None:
        agent = self._agent(opened)
        if agent is None:
            self._after(10, lambda: self._answer(opened))
            return
        if self.rng.random() < 0.05:
            others = [q.name for q in self.playbook.queues if q.name != self.playbook.default_queue]
            queue = self.rng.choice(others)
            self.desk.agent_move(agent, opened.ticket, queue)
            self.say(f"#{opened.ticket} moved to {queue} by {agent}")
        self.desk.agent_reply(agent, opened.ticket, self._words(opened, agent))
        self._after(self.rng.uniform(5, 25), lambda: self._solve(opened))

    def _words(self, opened: Opened, agent: str) -> str:
        if opened.wrote.topic:
            return agent_answer(self.rng, opened.wrote, agent)
        return "Thank you for writing. I have looked into it and changed it on our side."

    def _solve(self, opened: Opened) -> None:
        agent = self._agent(opened)
        if agent is None:
            return
        self.desk.agent_solve(agent, opened.ticket, "Solved. Write again if it comes back.")
        self.say(f"#{opened.ticket} solved by {agent}")
        if self.rng.random() < 0.1:
            self._after(self.rng.uniform(10, 30), lambda: self._come_back(opened))
        else:
            self._after(self.rng.uniform(8, 20), lambda: self._rate(opened, tries=5))

    def _come_back(self, opened: Opened) -> None:
        text = customer_return(self.rng, opened.wrote, solved=False)
        self.desk.customer_returns(opened.ticket, text)
        self.say(f"#{opened.ticket} opened again by its customer")
        self._after(self.rng.uniform(6, 15), lambda: self._answer(opened))

    def _rate(self, opened: Opened, tries: int) -> None:
        score = rating(self.rng, opened.wrote, 30.0)
        mailed = None if self.postbox is None else self.postbox.survey_of(opened.wrote.email)
        link = mailed or survey_link(self.desk, opened.ticket)
        if link is None:
            if tries > 1:
                self._after(10, lambda: self._rate(opened, tries - 1))
            return
        if score is not None:
            given, most = rate(link, score.score, score.comment or "")
            by = " by the mailed link" if mailed else ""
            self.say(f"#{opened.ticket} rated {given} of {most}{by}")


def survey_link(desk: LiveDesk, ticket: str) -> str | None:
    """The link to the latest survey that stands in a ticket, as its customer would find it."""
    followups = desk.ticket(ticket).get("followup_set")
    found = None
    for followup in followups if isinstance(followups, list) else []:
        match = _SURVEY.search(str(followup.get("comment") or ""))
        found = match[0] if match and followup.get("public") else found
    return found


def rate(link: str, score: int, comment: str = "") -> tuple[int, int]:
    """Rate like a customer: open the page, choose a score of 1 to 5, press the button.

    On a page with another scale it is what comes closest; returned with the most one can give.
    """
    with httpx.Client(timeout=10) as browser:
        page = browser.get(link)
        page.raise_for_status()
        scale = [int(one) for one in _SCORES.findall(page.text)] or [_USUAL]
        given = score if scale[-1] == _USUAL else round(score / _USUAL * scale[-1])
        form = {"score": str(given), "comment": comment}
        token = _TOKEN.search(page.text)
        if token:
            form["csrf_token"] = token[1]
        browser.post(link, data=form).raise_for_status()
    return given, scale[-1]
