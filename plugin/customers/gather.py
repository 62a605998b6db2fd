"""All customer sources as one: in order of trust, within a time budget, whatever breaks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from threading import Thread

from plugin.ports import CustomerSource, Gathered, Refused, Requester, Unavailable
from routing.conditions.fields import Fields
from routing.tickets import Fact

log = logging.getLogger(__name__)

REST = 15.0
"""Seconds a source that failed is left alone, so that it costs one ticket and not all."""


MOST_ASKED = 2
"""Questions to one source that may be open. One that hangs for hours must not gather threads."""

_Answer = Future[Mapping[str, Fact]]


@dataclass(frozen=True, slots=True)
class GatherCustomers:
    """Asks every source at once and takes what has come when the budget (seconds) is spent."""

    sources: Callable[[], Sequence[CustomerSource]]
    budget: float
    _resting: dict[str, float] = field(default_factory=dict)
    _open: dict[str, list[_Answer]] = field(default_factory=dict)

    def gather(self, who: Requester, fields: Fields) -> Gathered:
        """What is known; where two sources know a field, the more trusted one is believed."""
        deadline = time.monotonic() + self.budget
        silent: list[str] = []
        asked: list[tuple[str, _Answer]] = []
        for source in self.sources():
            if self._is_left_alone(source.name):
                silent.append(source.name)
            else:
                asked.append((source.name, self._ask(source, who, fields)))
        facts: dict[str, Fact] = {}
        for name, answer in asked:
            known = self._answer(name, answer, deadline)
            if known is None:
                silent.append(name)
            else:
                facts = {**known, **facts}
        return Gathered(facts, tuple(silent))

    def _is_left_alone(self, name: str) -> bool:
        still_open = [answer for answer in self._open.get(name, ()) if not answer.done()]
        self._open[name] = still_open
        resting = self._resting.get(name, 0.0) > time.monotonic()
        return resting or len(still_open) >= MOST_ASKED

    def _ask(self, source: CustomerSource, who: Requester, fields: Fields) -> _Answer:
        """Ask in a thread of its own, which neither another source nor the end of us waits for."""
        answer: _Answer = Future()

        def look_up() -> None:
            try:
                known = dict(source.look_up(who, fields) or {})
            except BaseException as error:  # ruff: ignore[blind-except] — told to whoever waits
                answer.set_exception(error)
            else:
                answer.set_result(known)

        self._open[source.name].append(answer)
        Thread(target=look_up, daemon=True, name=f"customers {source.name}").start()
        return answer

    def _answer(self, name: str, answer: _Answer, deadline: float) -> Mapping[str, Fact] | None:
        """What a source says, empty if it does not know the customer, None if it is silent."""
        try:
            return answer.result(timeout=max(0.0, deadline - time.monotonic()))
        except TookTooLong:
            log.warning("customer source %s took longer than %s s", name, self.budget)
        except (Unavailable, Refused) as error:
            log.warning("customer source %s: %s", name, error.reason)
        except Exception:
            # A source is foreign code over foreign data; its mistakes must not hurt a ticket.
            log.exception("customer source %s failed", name)
        self._resting[name] = time.monotonic() + REST
        return None
