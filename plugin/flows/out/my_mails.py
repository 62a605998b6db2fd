"""Which mails somebody gets: asked for by themselves, and ended by one click without signing in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import available_timezones

from plugin.pages.refusals import BadSubscription, StopGone
from plugin.ports import Clock, Links
from plugin.records.work import Store
from plugin.views.mails import MailKind, MyMails, Subscription
from plugin.views.people import Person, Role

_ADDRESS = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,189}")


def stop_headers(link: str) -> Mapping[str, str]:
    """The headers by which a mail program ends a subscription at once (RFC 2369, RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@dataclass(frozen=True, slots=True)
class SeeMyMails:
    """The page of one's own mails, and the links in them."""

    store: Store
    clock: Clock
    links: Links

    def view(self, person: Person) -> MyMails:
        """What a person gets, and could."""
        with self.store.look() as work:
            mine = {one.kind: one for one in work.subscriptions.of(person.email)}
            live = work.playbooks.live()
        segments = () if live is None else live.segments
        return MyMails(
            email=person.email,
            offered=tuple(MailKind) if person.role.may(Role.LEAD) else (),
            digest=mine.get(MailKind.DIGEST),
            alert=mine.get(MailKind.ALERT),
            segments=tuple(one.name for one in segments),
            owns=tuple(one.name for one in segments if one.owner == person.name),
        )

    def save(self, wanted: Subscription, person: Person) -> None:
        """Send them this from now on. Raises BadSubscription."""
        if not person.role.may(Role.LEAD):
            raise BadSubscription("These mails tell KPIs; they are for leads and admins.")
        self.keep(replace(wanted, email=person.email), person.email)

    def keep(self, wanted: Subscription, by: str) -> None:
        """Send an address this from now on. Raises BadSubscription."""
        if not _ADDRESS.fullmatch(wanted.email):
            raise BadSubscription(f"“{wanted.email[:60]}” is not an e-mail address.")
        if wanted.zone not in available_timezones():
            raise BadSubscription(
                f"“{wanted.zone[:40]}” is not a time zone. Write it like Europe/Berlin."
            )
        if not (0 <= wanted.weekday <= 6 and 0 <= wanted.hour <= 23):
            raise BadSubscription("Choose a day of the week, and an hour from 0 to 23.")
        now = self.clock.now()
        with self.store.work() as work:
            live = work.playbooks.live()
            known = set() if live is None else {one.name for one in live.segments}
            gone = next((one for one in wanted.segments if one not in known), None)
            if gone is not None:
                raise BadSubscription(f"There is no segment “{gone[:60]}”.")
            work.subscriptions.save(wanted, now)
            work.audit.note(by, f"subscribed {wanted.email} to the {wanted.kind}", now)
            work.commit()

    def stop(self, kind: MailKind, person: Person) -> None:
        """Send them no more of these."""
        self.end(person.email, kind, person.email)

    def end(self, email: str, kind: MailKind, by: str) -> bool:
        """Send an address no more of these; False if it got none."""
        with self.store.work() as work:
            ended = work.subscriptions.stop(email, kind) > 0
            if ended:
                did = f"unsubscribed {email} from the {kind}"
                work.audit.note(by, did, self.clock.now())
            work.commit()
        return ended

    def of_link(self, token: str) -> Subscription:
        """What a signed link would end. Raises StopGone."""
        number = self.links.read_stop(token)
        if number is None:
            raise StopGone
        with self.store.look() as work:
            found = work.subscriptions.get(number)
        if found is None:
            raise StopGone
        return found

    def stop_by_link(self, token: str) -> Subscription:
        """End it; the answer is what was ended. Raises StopGone."""
        found = self.of_link(token)
        self.end(found.email, found.kind, found.email)
        return found
