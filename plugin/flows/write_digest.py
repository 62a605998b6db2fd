"""What a digest says: a week in numbers, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from plugin.flows.report import by_segment
from plugin.pages import Letters
from plugin.ports import Clock, Composed, Links
from plugin.records import Store, Work
from plugin.views import DigestLetter, LetterFinding, MissedGoal, Person, Role, Subscription
from routing.outcomes.kpis import kpis
from routing.recurring import WEEK

DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class WriteDigest:
    """Writes what one subscriber is told of one week."""

    store: Store
    clock: Clock
    letters: Letters
    links: Links

    def __call__(self, wanted: Subscription, since: datetime, until: datetime) -> Composed:
        """The digest of the tickets opened in [since, until), of the segments that are wanted."""
        now = self.clock.now()
        with self.store.look() as work:
            chosen = set(wanted.segments)
            this, before = (
                [one for one in work.tickets.results(*week) if not chosen or one[0] in chosen]
                for week in ((since, until), (since - WEEK, since))
            )
            playbook = work.playbooks.live()
            known = work.people.by_email(wanted.email)
            person = None if known is None else known.person
            missed = tuple(self._missed(work, wanted))
            findings = tuple(self._findings(work, person))
        letter = DigestLetter(
            house="" if playbook is None else playbook.name,
            title=f"Your week, {_week(since, until, ZoneInfo(wanted.zone))}",
            total=kpis((result for _, result in this), now),
            before=len(before) or None,
            segments=by_segment(this, playbook, now),
            missed=missed,
            findings=findings,
            overview=self.links.page("/?days=7"),
            why=(
                f"Sent on {DAYS[wanted.weekday]} at {wanted.hour}:00 to "
                f"{wanted.email if person is None else person.name} because you asked for it."
            ),
            stop=self.links.stop(wanted.id),
        )
        rendered = self.letters.digest(letter)
        return Composed(letter.title, rendered.text, rendered.html, rendered.pictures)

    def _missed(self, work: Work, wanted: Subscription) -> Iterator[MissedGoal]:
        for alert in work.alerts.running():
            if not wanted.segments or alert.segment in wanted.segments:
                link = self.links.page(f"/segments/{quote(alert.segment, safe='')}")
                yield MissedGoal(alert.segment, alert.standing, alert.began_at, link)

    def _findings(self, work: Work, person: Person | None) -> Iterator[LetterFinding]:
        if person is None:
            return
        asked = work.drafts.asked(person.email)
        if asked:
            link = self.links.page("/playbook/versions#drafts")
            yield LetterFinding(
                "A draft waits for an approval" if asked == 1 else f"{asked} drafts wait",
                "Somebody else wrote it, so you may approve it.",
                link,
                "Read",
            )
        if person.role.may(Role.ADMIN):
            yield from self._for_admins(work)

    def _for_admins(self, work: Work) -> Iterator[LetterFinding]:
        parked = work.inbox.tally().parked
        if parked:
            yield LetterFinding(
                "1 delivery is parked" if parked == 1 else f"{parked:,} deliveries are parked",
                "Their tickets stay where they are until this is mended and replayed.",
                self.links.page("/deliveries?state=parked"),
                "Mend",
            )
        for one in work.receivers.every():
            if not one.enabled or one.failing_since is not None:
                how = "fails" if one.enabled else "is switched off"
                yield LetterFinding(
                    f"The receiver {one.name} {how}",
                    one.told if one.enabled else one.why,
                    self.links.page(f"/receivers/{quote(one.name, safe='')}"),
                    "Mend",
                )


def _week(since: datetime, until: datetime, zone: ZoneInfo) -> str:
    """The days from the first to the last: 14 to 20 November, 28 November to 4 December."""
    first = since.astimezone(zone).date()
    last = until.astimezone(zone).date() - timedelta(days=1)
    begins = str(first.day) if first.month == last.month else _day(first)
    return f"{begins} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
