"""What a digest says: a week in numbers, and what needs somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from plugin.pages.out import Letters
from plugin.ports import Clock, Composed, Links
from plugin.records.work import Store, Work
from plugin.views.mails import DigestLetter, LetterFinding, MissedGoal, Subscription
from plugin.views.people import Person, Role
from plugin.views.results import Against, Asked, ResultsView
from plugin.views.segments import SegmentKpis
from routing.outcomes.dimensions import Dimension

PICTURE = "csat"
"""What the picture is called in the mail."""

TREND = timedelta(weeks=12)
"""How far back it looks."""

DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class WriteDigest:
    """Writes what one subscriber is told of one week.

    ``overview`` has the numbers, and ``picture`` draws them over time as a PNG image, if there is
    enough to draw.
    """

    store: Store
    clock: Clock
    letters: Letters
    links: Links
    overview: Callable[[Asked], ResultsView]
    picture: Callable[[ResultsView], bytes | None]

    def __call__(self, wanted: Subscription, since: datetime, until: datetime) -> Composed:
        """The digest of the tickets opened in [since, until), of the segments that are wanted.

        Of a single segment the sums are its own; of several they are those of all tickets.
        """
        chosen = set(wanted.segments)
        only = {Dimension.SEGMENT: wanted.segments[0]} if len(chosen) == 1 else {}
        view = self.overview(Asked(since, until, None, only))
        past = Asked(until - TREND, until, None, only, against=Against.NOTHING)
        drawn = self.picture(self.overview(past))
        with self.store.look() as work:
            playbook = work.playbooks.live()
            known = work.people.by_email(wanted.email)
            person = None if known is None else known.person
            missed = tuple(self._missed(work, wanted))
            findings = tuple(self._findings(work, person))
        letter = DigestLetter(
            house="" if playbook is None else playbook.name,
            title=f"Your week, {_week(since, until, ZoneInfo(wanted.zone))}",
            total=view.answer.total,
            before=None if view.before is None else view.before.total.tickets or None,
            changes=view.changes,
            segments=tuple(
                SegmentKpis(one.label, one.kpis)
                for one in view.groups
                if not chosen or one.label in chosen
            ),
            picture=None if drawn is None else PICTURE,
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
        pictures = {} if drawn is None else {PICTURE: drawn}
        return Composed(letter.title, rendered.text, rendered.html, pictures)

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
