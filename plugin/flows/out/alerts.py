"""Alerts: a goal that a segment clearly misses, told once when it begins and once when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

from plugin.flows.out.my_mails import stop_headers
from plugin.flows.out.send_digests import may_have
from plugin.pages.out import Letters
from plugin.ports import Clock, Links, Mail, News
from plugin.records.subscriptions import AlertRecord
from plugin.records.work import Store, Work
from plugin.views.mails import AlertLetter, MailKind
from routing.outcomes.figures import NOTHING
from routing.outcomes.question import Answer, Question
from routing.playbook import Playbook
from routing.population.alarm import Alarm, alarm
from routing.population.goal import Goal, read_goals, standing, write_goal
from routing.segments.segment import Segment

WINDOW = timedelta(days=28)
"""Goals are held to the tickets opened in so long."""

EVERY = timedelta(hours=1)
"""How often they are looked at."""

CHECKED = "alerts_checked_at"
"""The house's note of when they were looked at last."""


def alerts_are_due(store: Store, clock: Clock) -> bool:
    """Whether the goals have to be looked at again."""
    with store.look() as work:
        at = work.house.get(CHECKED)
        live = work.playbooks.live()
        if live is None or not any(one.goal for one in live.segments):
            return bool(work.alerts.running())
    return at is None or clock.now() - datetime.fromisoformat(at) >= EVERY


@dataclass(frozen=True, slots=True)
class CheckAlerts:
    """Holds each segment to its goals, and tells who should know."""

    store: Store
    clock: Clock
    letters: Letters
    links: Links
    measure: Callable[[Question], Answer]

    def __call__(self) -> tuple[int, int]:
        """Look at all goals now; returns how many alerts have begun and ended."""
        now = self.clock.now()
        with self.store.look() as work:
            live = work.playbooks.live()
            running = {(one.segment, one.standing.goal): one for one in work.alerts.running()}
        found = self.measure(Question(now - WINDOW, now)).groups
        begun = ended = 0
        for segment, goal in _goals(live):
            stands = standing(goal, found.get(segment.name, NOTHING))
            runs = running.pop((segment.name, goal), None)
            match alarm(stands, runs=runs is not None):
                case Alarm.BEGIN:
                    begun += self._begin(segment, AlertRecord(segment.name, stands, now))
                case Alarm.END if runs is not None:
                    ended += self._end(segment, replace(runs, standing=stands))
        self._end_quietly(running.values(), now)
        return begun, ended

    def _begin(self, segment: Segment, alert: AlertRecord) -> bool:
        with self.store.work() as work:
            # Of two processes that look at once only one begins it, and tells of it.
            begun = work.alerts.begin(alert)
            if begun:
                self._tell(work, segment, alert, missed=True)
                work.commit()
        return begun

    def _end(self, segment: Segment, alert: AlertRecord) -> bool:
        with self.store.work() as work:
            ended = work.alerts.end(alert.id, self.clock.now())
            if ended:
                self._tell(work, segment, alert, missed=False)
                work.commit()
        return ended

    def _end_quietly(self, gone: Iterable[AlertRecord], now: datetime) -> None:
        """End the alerts on goals that are none any more: nobody can meet or miss them."""
        with self.store.work() as work:
            for alert in gone:
                work.alerts.end(alert.id, now)
            work.house.set(CHECKED, now.isoformat())
            work.commit()

    def _tell(self, work: Work, segment: Segment, alert: AlertRecord, *, missed: bool) -> None:
        now = self.clock.now()
        stands, name = alert.standing, "goal.missed" if missed else "goal.met"
        key = f"{segment.name} {write_goal(stands.goal)} {alert.began_at.isoformat()}"
        news = {
            "segment": segment.name,
            "goal": write_goal(stands.goal),
            "since": alert.began_at.isoformat(),
            "value": stands.now,
            "low": stands.low,
            "high": stands.high,
            "n": stands.n,
        }
        work.webhooks.announce(News(name, key, now, news), now)
        mails = [
            self._mail(work, segment, alert, reader, f"{name} {key}", missed=missed)
            for reader in _readers(work, segment)
        ]
        work.mails.put(mails, now)

    def _mail(  # ruff: ignore[too-many-arguments] — what an alert is about, for whom, and its name
        self,
        work: Work,
        segment: Segment,
        alert: AlertRecord,
        reader: _Reader,
        key: str,
        *,
        missed: bool,
    ) -> Mail:
        live = work.playbooks.live()
        stop = "" if reader.subscription is None else self.links.stop(reader.subscription)
        letter = AlertLetter(
            house="" if live is None else live.name,
            title=f"{segment.name} {'misses its goal' if missed else 'meets its goal again'}",
            missed=missed,
            segment=segment.name,
            standing=alert.standing,
            days=WINDOW.days,
            link=self.links.page(f"/segments/{quote(segment.name, safe='')}"),
            why=f"Sent to {reader.email} because {reader.why}.",
            stop=stop,
        )
        told = self.letters.alert(letter)
        return Mail(
            key=f"alert-{sha256(f'{key} {reader.email}'.encode()).hexdigest()[:40]}",
            to=reader.email,
            subject=letter.title,
            text=told.text,
            html=told.html,
            headers=stop_headers(stop) if stop else {},
            pictures=told.pictures,
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who is told, why, and by which subscription if any."""

    email: str
    why: str
    subscription: int | None


def _readers(work: Work, segment: Segment) -> list[_Reader]:
    """The owner of a segment, and whoever has asked for its alerts; each once."""
    owners = [one for one in work.people.everyone() if one.name == segment.owner]
    found = {one.email: _Reader(one.email, "you own this segment", None) for one in owners}
    for one in work.subscriptions.every(MailKind.ALERT):
        about = not one.segments or segment.name in one.segments
        if about and may_have(work, one.email):
            found[one.email] = _Reader(one.email, "you asked for alerts", one.id)
    return list(found.values())


def _goals(live: Playbook | None) -> Iterator[tuple[Segment, Goal]]:
    """Every goal of every segment that can be measured, each once."""
    for segment in () if live is None else live.segments:
        found = (one for one in read_goals(segment.goal) if isinstance(one, Goal))
        # The words around it, such as a date, do not make it another goal.
        for goal in dict.fromkeys(replace(one, more="") for one in found):
            yield segment, goal
