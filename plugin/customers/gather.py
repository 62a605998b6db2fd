"""All customer sources as one: in order of trust, within a time budget, whatever breaks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import Protocol, runtime_checkable

from plugin.ports import CustomerSource, Gathered, Refused, Requester, Unavailable
from routing.conditions.fields import Fields
from routing.tickets import Fact

log = logging.getLogger(__name__)

MOST_ASKED = 2
"""Questions to one source that may be open. One that hangs for hours must not gather threads."""

_Known = Mapping[str, Fact]
_Answer = Future[Sequence[_Known]]


@runtime_checkable
class KnowsMany(CustomerSource, Protocol):
    """A source that looks up many customers as easily as one."""

    def look_up_all(
        self, whos: Sequence[Requester], fields: Fields
    ) -> Sequence[Mapping[str, Fact] | None]:
        """What it knows of each; None for those it does not know. May raise Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class GatherCustomers:
    """Asks every source at once and takes what has come when the budget (seconds) is spent.

    Each customer has the whole budget; sources that know many are asked for all together.
    """

    sources: Callable[[], Sequence[CustomerSource]]
    budget: float
    _open: dict[str, list[_Answer]] = field(default_factory=dict)

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        """What is known; where two sources know a field, the more trusted one is believed."""
        sources = list(self.sources())
        many = {
            source.name: self._ask(source, partial(source.look_up_all, whos, fields))
            for source in sources
            if isinstance(source, KnowsMany)
        }
        for place, who in enumerate(whos):
            deadline = time.monotonic() + self.budget
            asked = [
                many[source.name]
                if source.name in many
                else self._ask(source, partial(_look_up, source, who, fields))
                for source in sources
            ]
            known: list[_Known] = []
            silent: list[str] = []
            for source, answer in zip(sources, asked, strict=True):
                said = None if answer is None else self._answer(source, answer, deadline)
                if said is not None:
                    known.append(said[place] if source.name in many else said[0])
                    continue
                known.append(_before(source, who, fields))
                silent.append(source.name)
                if source.name in many:
                    many[source.name] = None  # nobody waits for it again
            yield Gathered(_merged(sources, known), tuple(silent))

    def _ask(
        self, source: CustomerSource, look_up: Callable[[], Sequence[_Known | None]]
    ) -> _Answer | None:
        """Ask in a thread of its own, which neither another source nor the end of us waits for.

        None while it has not answered what it was asked before.
        """
        waiting = [answer for answer in self._open.get(source.name, ()) if not answer.done()]
        self._open[source.name] = waiting
        if len(waiting) >= MOST_ASKED:
            return None
        answer: _Answer = Future()

        def ask() -> None:
            try:
                known = [dict(one or {}) for one in look_up()]
            except BaseException as error:  # ruff: ignore[blind-except] — told to whoever waits
                answer.set_exception(error)
            else:
                answer.set_result(known)

        waiting.append(answer)
        Thread(target=ask, daemon=True, name=f"customers {source.name}").start()
        return answer

    def _answer(
        self, source: CustomerSource, answer: _Answer, deadline: float
    ) -> Sequence[_Known] | None:
        """What a source says, empty for whom it does not know, None if it is silent."""
        try:
            return answer.result(timeout=max(0.0, deadline - time.monotonic()))
        except TookTooLong:
            log.warning("customer source %s took longer than %s s", source.name, self.budget)
            _tell_late(source)
        except (Unavailable, Refused) as error:
            log.debug("customer source %s: %s", source.name, error.reason)
        except Exception:
            # A source is foreign code over foreign data; its mistakes must not hurt a ticket.
            log.exception("customer source %s failed", source.name)
        return None


def _look_up(
    source: CustomerSource, who: Requester, fields: Fields
) -> Sequence[Mapping[str, Fact] | None]:
    return [source.look_up(who, fields)]


def _merged(sources: Sequence[CustomerSource], known: Sequence[_Known]) -> dict[str, Fact]:
    """For each field the value of the source that is believed first for it, then by order."""
    facts: dict[str, Fact] = {}
    for source, said in zip(sources, known, strict=True):
        for name in source.first_for & said.keys():
            facts.setdefault(name, said[name])
    for said in known:
        facts = {**said, **facts}
    return facts


def _before(source: CustomerSource, who: Requester, fields: Fields) -> _Known:
    try:
        return source.fall_back(who, fields) or {}
    except Unavailable as error:
        log.warning("customer source %s: %s", source.name, error.reason)
        return {}


def _tell_late(source: CustomerSource) -> None:
    try:
        source.was_late()
    except Unavailable as error:
        log.warning("customer source %s: %s", source.name, error.reason)
