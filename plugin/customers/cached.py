"""A source over the network: its answers are remembered, and it is left alone while it is down.

Both are kept in the database, so that all workers share them. A remembered answer is used without
asking while it is fresh, and instead of an answer while the source is silent. Once a call has
failed, nobody calls but one worker at a time, at intervals, until it answers again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.customers.typed import Answer, Asked
from plugin.ports import Clock, Refused, Requester, Unavailable
from plugin.records.connections import SourceState
from plugin.records.customers import Remembered
from plugin.records.work import Store
from plugin.terms import Terms
from routing.conditions.fields import Fields
from routing.tickets import Fact

log = logging.getLogger(__name__)

WAITS = (5.0, 10.0, 20.0, 30.0)
"""Seconds until a source that is down is tried again, after its first failure, its second …

So at most five calls fall into 30 seconds: those two tries and the calls that were under way when
it went down, which are as many as there are workers.
"""

TURN = timedelta(seconds=30)
"""How long the one who tries a source that is down may take, before somebody else tries."""

UNKNOWN_FRESH = timedelta(minutes=5)
"""How long "we do not know them" is believed: a new customer is soon in the CRM."""

ANSWERED_EVERY = timedelta(minutes=1)
"""How often it is noted that a source answers; each time would be a write for every ticket."""


@dataclass(frozen=True, slots=True)
class Cached:
    """One remote source. ``patience`` is what a ticket waits for it, in seconds."""

    source: Asked
    terms: Terms
    store: Store
    clock: Clock
    patience: float

    @property
    def name(self) -> str:
        """The source's own name."""
        return self.source.name

    @property
    def first_for(self) -> frozenset[str]:
        """The fields for which it is believed before all others."""
        return self.terms.first_for

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """What it says, or said a moment ago; None if it does not know them. May raise."""
        if who.email is None and who.external_id is None:
            return None
        now = self.clock.now()
        with self.store.look() as work:
            kept = work.customers.recall(self.name, who.email, who.external_id)
            state = work.source_states.get(self.name)
        if kept is not None and now < kept.checked_at + self._fresh_for(kept):
            return self._aged(kept.facts, fields)
        if state is not None and state.down_since is not None and not self._is_our_turn(now):
            raise Unavailable(f"{self.name} has not answered since {state.down_since:%H:%M} UTC.")
        return self._aged(self._ask(who, fields, now), fields)

    def fall_back(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """What it said before, where that is not too old to be used while it is silent."""
        now = self.clock.now()
        with self.store.look() as work:
            kept = work.customers.recall(self.name, who.email, who.external_id)
        if kept is None or now > kept.checked_at + self.terms.keep_for:
            return None
        return self._aged(kept.facts, fields)

    def was_late(self) -> None:
        """A ticket could not wait for it any longer."""
        asked_at = self.clock.now() - timedelta(seconds=self.patience)
        self._failed(asked_at, f"{self.name} took longer than {self.patience:g} s.")

    def _ask(self, who: Requester, fields: Fields, now: datetime) -> Mapping[str, Fact]:
        began = time.monotonic()
        try:
            answer = self.source.ask(who, fields)
        except Unavailable as error:
            self._failed(now, error.reason, error.retry_after)
            raise
        except Refused as error:
            # It is there, only this answer is of no use.
            self._answered(now, error.reason)
            raise
        except Exception as error:
            # A source is foreign code over foreign data; its mistakes must not hurt a ticket.
            log.exception("customer source %s failed", self.name)
            why = f"{self.name} failed with {type(error).__name__}."
            self._failed(now, why)
            raise Unavailable(why) from error
        facts = self._remember(who, answer, now)
        took = time.monotonic() - began
        if took > self.patience:
            self._failed(now, f"{self.name} took {took:.1f} s.")
        else:
            self._answered(now, "")
        return facts

    def _remember(self, who: Requester, answer: Answer | None, now: datetime) -> Mapping[str, Fact]:
        said = {} if answer is None else answer.facts
        # A value that is as old as the answer needs no age of its own.
        facts = {
            name: replace(fact, as_of=None)
            if fact.as_of is not None and fact.as_of >= now
            else fact
            for name, fact in said.items()
        }
        with self.store.work() as work:
            work.customers.remember(self.name, who.email, who.external_id, facts, now)
            work.commit()
        return {
            name: fact if fact.as_of is not None else replace(fact, as_of=now)
            for name, fact in facts.items()
        }

    def _aged(self, facts: Mapping[str, Fact], fields: Fields) -> Mapping[str, Fact] | None:
        """The facts of fields there are, each with the end of its freshness."""
        return with_freshness(facts, fields, self.terms.fresh_for) or None

    def _fresh_for(self, kept: Remembered) -> timedelta:
        fresh = self.terms.fresh_for or timedelta()
        return fresh if kept.facts else min(fresh, UNKNOWN_FRESH)

    def _is_our_turn(self, now: datetime) -> bool:
        with self.store.work() as work:
            ours = work.source_states.take_turn(self.name, now, now + TURN)
            work.commit()
        return ours

    def _failed(self, asked_at: datetime, why: str, retry_after: float | None = None) -> None:
        now = self.clock.now()
        with self.store.work() as work:
            state = work.source_states.hold(self.name)
            # A call that was under way when it went down says nothing new.
            if state.down_since is None or state.down_since < asked_at:
                log.warning("customer source is down: %s", why)
                work.source_states.save(_down(state, now, why, retry_after))
                work.commit()

    def _answered(self, asked_at: datetime, error: str) -> None:
        now = self.clock.now()
        with self.store.look() as work:
            state = work.source_states.get(self.name)
        if state is not None and state.down_since is None and state.last_error == error:
            noted = state.answered_at
            if noted is not None and now - noted < ANSWERED_EVERY:
                return
        if state is not None and state.down_since is not None:
            if state.down_since > asked_at:
                return
            log.info("customer source %s answers again", self.name)
        with self.store.work() as work:
            up = SourceState(self.name, answered_at=now, last_error=error)
            work.source_states.hold(self.name)
            work.source_states.save(up)
            work.commit()


def with_freshness(
    facts: Mapping[str, Fact], fields: Fields, fresh_for: timedelta | None
) -> dict[str, Fact]:
    """The facts of fields there are; each is fresh until ``fresh_for`` after its own age."""
    known = {name: fact for name, fact in facts.items() if name in fields}
    if fresh_for is None:
        return known
    return {
        name: fact if fact.as_of is None else replace(fact, fresh_until=fact.as_of + fresh_for)
        for name, fact in known.items()
    }


def _down(state: SourceState, now: datetime, why: str, retry_after: float | None) -> SourceState:
    wait = max(WAITS[min(state.failures, len(WAITS) - 1)], min(retry_after or 0.0, 300.0))
    return SourceState(
        name=state.name,
        failures=state.failures + 1,
        down_since=state.down_since or now,
        next_try_at=now + timedelta(seconds=wait),
        answered_at=state.answered_at,
        last_error=why[:500],
    )
