"""Segments pushed to other tools: who joined and who left since they were last told.

Needs numpy: only commands load it, never the web.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from plugin.flows.customers.trusted import trusted
from plugin.flows.segments.count_segments import MEMBERS, PUSHED, wants_members
from plugin.ports import Clock, News
from plugin.records.customers import TrustedSource
from plugin.records.receivers import PushRecord, ReceiverRecord, Who
from plugin.records.work import Store, Work
from routing.population.members import NOBODY, Change, Keys, applied, change, pack, rows_of, unpack

IN_A_MESSAGE = 500
"""Most customers of one message."""

AT_ONCE = 20
"""Messages that are written down in one transaction: others want to write, too."""


class Members(Protocol):
    """Finds who belongs to each segment of a playbook's text."""

    def __call__(
        self, text: str, version: int, sources: Sequence[TrustedSource], now: datetime
    ) -> Mapping[str, Keys]:
        """The members of every segment, by its name."""
        ...


@dataclass(frozen=True, slots=True)
class PushSegments:
    """Tells every receiver that wants it what has changed in its segments.

    What a message says, and that it was said, are written down in one transaction: whatever ends
    in between, nobody is told twice, and nobody is left out.
    """

    store: Store
    clock: Clock
    members: Members

    def __call__(self) -> int:
        """Push what has changed; returns how many messages were written down."""
        now = self.clock.now()
        with self.store.look() as work:
            receivers = [one for one in work.receivers.every() if wants_members(one)]
            live = work.playbooks.live()
            latest = work.segments.latest()
            text = None if live is None else work.playbooks.text(live.version)
            sources = [trusted(record) for record in work.connections.sources()]
        if live is None or text is None or not receivers:
            return 0
        members = self.members(text, live.version, sources, now)
        names = [one.name for one in live.segments]
        sent = sum(self._push(one, names, members) for one in receivers)
        if latest is not None:
            with self.store.work() as work:
                work.house.set(PUSHED, latest.made_at.isoformat())
                work.commit()
        return sent

    def _push(
        self, receiver: ReceiverRecord, live: Sequence[str], members: Mapping[str, Keys]
    ) -> int:
        chosen = [one for one in live if not receiver.segments or one in receiver.segments]
        sent = sum(self._push_one(receiver, name, members.get(name, NOBODY)) for name in chosen)
        with self.store.look() as work:
            known = work.pushes.segments(receiver.id)
        for name in sorted(set(known) - set(chosen)):
            if name not in live:
                sent += self._push_one(receiver, name, NOBODY)
                continue
            # Of one that is no longer chosen nothing is told; chosen again, it starts over.
            with self.store.work() as work:
                work.pushes.start_over(receiver.id, name)
                work.commit()
        return sent

    def _push_one(self, receiver: ReceiverRecord, segment: str, after: Keys) -> int:
        sent = 0
        while True:
            with self.store.look() as work:
                push = work.pushes.get(receiver.id, segment) or PushRecord(b"", 0, 0)
                next_one, news = _next(work, receiver, segment, push, after, self.clock.now())
            if not news:
                return sent
            with self.store.work() as work:
                # Held, so that of two that push at once each goes on from where the other was.
                held = work.receivers.get(receiver.name, hold=True)
                if held is None or held.id != receiver.id or not wants_members(held):
                    return sent
                now = work.pushes.get(receiver.id, segment) or PushRecord(b"", 0, 0)
                if (now.number, now.count) != (push.number, push.count):
                    continue
                for one in news:
                    work.webhooks.announce(one, one.at, to=[receiver.id])
                work.pushes.save(receiver.id, segment, next_one, news[0].at)
                work.commit()
            sent += len(news)


def _next(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] — of whom, to whom, since when
    work: Work,
    receiver: ReceiverRecord,
    segment: str,
    push: PushRecord,
    after: Keys,
    now: datetime,
) -> tuple[PushRecord, list[News]]:
    """The next messages, AT_ONCE at most, and what the receiver knows once it has them."""
    before = unpack(push.members)
    whole = change(before, after)
    most = min(len(whole), AT_ONCE * IN_A_MESSAGE)
    news: list[News] = []
    for first in range(0, most, IN_A_MESSAGE):
        number = push.number + len(news) + 1
        part = whole.part(first, IN_A_MESSAGE)
        data = _data(work, segment, part, number, restart=not (first or len(before)))
        # A segment's numbers only go up, so this key never comes again.
        news.append(News(MEMBERS, f"{receiver.id} {segment} {number}", now, data))
    if not news:
        return push, []
    known = applied(before, whole.part(0, most))
    return PushRecord(pack(known), len(known), push.number + len(news)), news


def _data(
    work: Work, segment: str, part: Change, number: int, *, restart: bool
) -> Mapping[str, Any]:
    left, joined = rows_of(part.left), rows_of(part.joined)
    whos = work.pushes.whos([*left, *joined])
    return {
        "segment": segment,
        "number": number,
        "restart": restart,
        "left": [_told(row, whos.get(row)) for row in left],
        "joined": [_told(row, whos.get(row)) for row in joined],
    }


def _told(row: int, who: Who | None) -> Mapping[str, Any]:
    """A customer as they are told; of who is gone, or was forgotten, only our own number."""
    if who is None:
        return {"id": row}
    # Without an id of its own a source knows them by their address.
    external = None if who.external_id == who.email else who.external_id
    return {"id": row, "external_id": external, "email": who.email}
