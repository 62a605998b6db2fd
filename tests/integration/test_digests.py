"""Digests: due by the reader's own clock, written once, and seen by a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from zlib import crc32

import pytest
from catcher import Catcher, caught_by
from test_exports import past
from world import KEY, NOON, Command, FakeClock, at_once, counted

from plugin.flows.out.my_mails import SeeMyMails
from plugin.flows.out.send_digests import SendDigests, digest_is_due
from plugin.flows.out.send_mail import SendMails
from plugin.flows.out.write_digest import WriteDigest
from plugin.flows.people.sign_in import SignInPeople
from plugin.flows.results.measure import Measure
from plugin.flows.results.see_results import SeeResults
from plugin.links import SignedLinks
from plugin.mail import Smtp
from plugin.pages.refusals import BadSubscription, StopGone
from plugin.ports import Composed, Mail
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.staff_letters import StaffLetters
from plugin.store.mails import MOST_PICTURES
from plugin.views.mails import MailKind, Subscription
from plugin.views.people import Person, Role

LINKS = SignedLinks("https://d.example", (KEY,))
SENDER = "Halden Support <support@halden.example>"
INES = Subscription("ines@halden.example", MailKind.DIGEST, 0, 8, "Europe/Berlin")
PNG = b"\x89PNG\r\n\x1a\n" + crc32(b"").to_bytes(4, "big")
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""8:00 in Berlin, five hours before the tests begin."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MONDAY - timedelta(days=1))


@pytest.fixture
def catcher() -> Catcher:
    return Catcher()


@pytest.fixture
def server(catcher: Catcher) -> Iterator[str]:
    with caught_by(catcher) as url:
        yield url


@pytest.fixture
def ines(published: Store, clock: FakeClock) -> Person:
    """A lead who asked for a digest on Mondays at 8:00, a day before it is due."""
    with published.work() as work:
        number = work.people.save(INES.email, "Ines Moreau", Role.LEAD, "x", NOON)
        work.commit()
    person = Person(number, INES.email, "Ines Moreau", Role.LEAD)
    mine(published, clock).save(INES, person)
    return person


def mine(store: Store, clock: FakeClock) -> SeeMyMails:
    return SeeMyMails(store, clock, LINKS)


def writing(store: Store, clock: FakeClock) -> SendDigests:
    counted(store, clock)
    see = SeeResults(store, clock, Measure(store, clock))
    write = WriteDigest(store, clock, StaffLetters(), LINKS, see.overview, lambda _: None)
    return SendDigests(store, clock, write, LINKS)


def promised(store: Store) -> list[Mail]:
    """Every mail that was promised, whatever the time."""
    far, later = datetime(2099, 1, 1, tzinfo=UTC), datetime(2099, 1, 2, tzinfo=UTC)
    with store.work() as work:
        # Rolled back at the end, so looking changes nothing.
        return [due.thing for due in iter(lambda: work.mails.take(far, later), None)]


def parts(message: Message) -> dict[str, Message]:
    return {part.get_content_type(): part for part in message.walk()}


def test_a_digest_is_due_by_the_readers_own_clock_and_once(
    published: Store, clock: FakeClock, ines: Person
) -> None:
    del ines
    assert not digest_is_due(published, clock)
    clock.at = MONDAY - timedelta(seconds=1)
    assert writing(published, clock)() == 0
    clock.at = MONDAY
    assert digest_is_due(published, clock)
    assert (writing(published, clock)(), writing(published, clock)()) == (1, 0)
    clock.turn(days=6, hours=23)
    assert not digest_is_due(published, clock)
    clock.turn(hours=1)
    assert writing(published, clock)() == 1
    assert len(promised(published)) == 2


def test_two_that_write_at_once_send_one(published: Store, clock: FakeClock, ines: Person) -> None:
    del ines
    clock.at = MONDAY
    at_once(2, [writing(published, clock)] * 4)
    assert len(promised(published)) == 1


def test_after_an_outage_only_the_last_week_is_told(
    published: Store, clock: FakeClock, ines: Person
) -> None:
    del ines
    clock.at = MONDAY + timedelta(days=30)
    assert writing(published, clock)() == 1
    (mail,) = promised(published)
    assert mail.subject == "Your week, 23 to 29 March"


def test_who_asks_gets_the_next_one_and_who_moves_the_day_no_second_one_in_a_week(
    published: Store, clock: FakeClock, ines: Person
) -> None:
    clock.at = MONDAY
    writing(published, clock)()
    clock.turn(days=2)
    mine(published, clock).save(replace(INES, weekday=1), ines)
    assert writing(published, clock)() == 0
    mine(published, clock).save(replace(INES, weekday=4), ines)
    clock.turn(days=2)
    assert writing(published, clock)() == 0  # it is still the same week
    clock.turn(days=7)
    assert writing(published, clock)() == 1


def test_a_real_server_gets_the_numbers_in_two_forms(
    published: Store, clock: FakeClock, ines: Person, server: str, catcher: Catcher
) -> None:
    del ines
    tickets = [past(n, MONDAY - timedelta(days=3, minutes=n), score=5 - n % 2) for n in range(40)]
    tickets += [past(100 + n, MONDAY - timedelta(days=9, minutes=n)) for n in range(30)]
    with published.work() as work:
        work.tickets.add_past(tickets, NOON)
        work.commit()
    clock.at = MONDAY
    writing(published, clock)()
    assert SendMails(published, Smtp(server, SENDER), clock)() == 1
    (message,) = catcher.got
    assert message.get_content_type() == "multipart/alternative"
    assert message["Subject"] == "Your week, 23 February to 1 March"
    assert message["To"] == INES.email
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = message["List-Unsubscribe"].strip("<>").removeprefix("https://d.example/stop/")
    text = bytes(parts(message)["text/plain"].get_payload(decode=True)).decode()
    html = bytes(parts(message)["text/html"].get_payload(decode=True)).decode()
    assert "40 tickets, 10 more than the week before." in text
    assert "Enterprise: CSAT 100.0\u202f% (91.2 to 100.0), n = 40, first reply 1 h" in text
    assert "Sent on Mondays at 8:00 to Ines Moreau" in text
    assert stop in html
    assert "lena@kontor.example" not in text + html
    assert mine(published, clock).stop_by_link(stop).email == INES.email
    clock.turn(days=7)
    assert writing(published, clock)() == 0
    with pytest.raises(StopGone):
        mine(published, clock).of_link(stop)


def test_pictures_come_inside_the_mail(
    store: Store, clock: FakeClock, server: str, catcher: Catcher
) -> None:
    html = '<img src="cid:chart" alt="x">'
    mail = Mail("k", INES.email, "S", "plain", html, {"X-Week": "9"}, {"chart": PNG})
    with store.work() as work:
        work.mails.put([mail], NOON)
        work.commit()
    clock.at = NOON
    assert SendMails(store, Smtp(server, SENDER), clock)() == 1
    (message,) = catcher.got
    found = parts(message)
    assert list(found) == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert message["X-Week"] == "9"
    assert found["image/png"]["Content-ID"] == "<chart>"
    assert found["image/png"].get_payload(decode=True) == PNG
    assert "plain" in str(found["text/plain"].get_payload())


def test_pictures_that_are_too_much_and_headers_that_break_out_are_not_sent(
    store: Store, clock: FakeClock, server: str, catcher: Catcher
) -> None:
    big = Mail("big", INES.email, "S", "t", "h", pictures={"a": b"x" * (MOST_PICTURES + 1)})
    with store.work() as work, pytest.raises(ValueError, match="2,000,000 bytes at most"):
        work.mails.put([big], NOON)
    with store.work() as work:
        odd = Mail("odd", INES.email, "S", "t", headers={"X-A": "1\r\nBcc: all@x.example"})
        work.mails.put([odd, Mail("good", INES.email, "S", "t")], NOON)
        work.commit()
    clock.at = NOON
    assert SendMails(store, Smtp(server, SENDER), clock)() == 1
    assert len(catcher.got) == 1


def test_only_the_segments_that_were_chosen_are_told(
    published: Store, clock: FakeClock, ines: Person
) -> None:
    with published.work() as work:
        opened = MONDAY - timedelta(days=3)
        work.tickets.add_past([past(1, opened), past(2, opened, segment=None)], NOON)
        work.commit()
    mine(published, clock).save(replace(INES, segments=("Enterprise",)), ines)
    clock.at = MONDAY
    writing(published, clock)()
    (mail,) = promised(published)
    assert "1 ticket." in mail.text
    assert "Everyone else" not in mail.text


def test_kpis_are_not_sent_to_an_agent_nor_to_who_was_removed(
    published: Store, clock: FakeClock, ines: Person
) -> None:
    with published.work() as work:
        work.people.save(INES.email, "Ines", Role.AGENT, "x", NOON)
        work.people.save("ruben@halden.example", "Ruben", Role.ADMIN, "x", NOON)
        work.commit()
    clock.at = MONDAY
    assert not digest_is_due(published, clock)
    with pytest.raises(BadSubscription, match="for leads and admins"):
        mine(published, clock).save(INES, replace(ines, role=Role.AGENT))
    SignInPeople(published, clock).remove(INES.email)
    with published.look() as work:
        assert work.subscriptions.of(INES.email) == []


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (replace(INES, zone="Mars/Olympus"), "not a time zone"),
        (replace(INES, zone="../etc/passwd"), "not a time zone"),
        (replace(INES, weekday=7), "day of the week"),
        (replace(INES, hour=24), "an hour from"),
        (replace(INES, segments=("Nobody",)), "no segment “Nobody”"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(
    published: Store, clock: FakeClock, ines: Person, wanted: Subscription, why: str
) -> None:
    with pytest.raises(BadSubscription, match=why):
        mine(published, clock).save(wanted, ines)


@pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nBcc: c@d", "a b@c", "a@b,c@d"])
def test_an_address_that_is_none_is_refused(published: Store, clock: FakeClock, email: str) -> None:
    with pytest.raises(BadSubscription, match="is not an e-mail address"):
        mine(published, clock).keep(replace(INES, email=email), "command line")


@pytest.mark.parametrize("token", ["", "x", LINKS.survey(1).rpartition("/")[2], "W10.x"])
def test_a_link_that_is_not_ours_ends_nothing(
    published: Store, clock: FakeClock, ines: Person, token: str
) -> None:
    del ines
    with pytest.raises(StopGone):
        mine(published, clock).stop_by_link(token)
    with published.look() as work:
        assert len(work.subscriptions.of(INES.email)) == 1


def test_a_digest_that_cannot_be_written_is_tried_again(
    published: Store, clock: FakeClock, ines: Person
) -> None:
    del ines

    def breaks(wanted: Subscription, since: datetime, until: datetime) -> Composed:
        raise RuntimeError(wanted, since, until)

    clock.at = MONDAY
    with pytest.raises(RuntimeError):
        SendDigests(published, clock, breaks, LINKS)()
    assert writing(published, clock)() == 1


def test_subscribing_and_ending_is_noted(published: Store, clock: FakeClock, ines: Person) -> None:
    mine(published, clock).stop(MailKind.DIGEST, ines)
    mine(published, clock).stop(MailKind.DIGEST, ines)
    with published.look() as work:
        lines = [line.did for line in work.audit.lines(Page(), "scribed")]
    assert lines == [
        f"unsubscribed {INES.email} from the digest",
        f"subscribed {INES.email} to the digest",
    ]


def test_the_command_line_does_it_all(command: Command, published: Store) -> None:
    del published
    words = ("mails", "subscribe", "board@halden.example", "--day", "Fridays", "--hour", "7")
    assert "gets the digest" in command(*words, "--zone", "Europe/Berlin").output
    assert "Fridays at 7:00" in command("mails", "list").output
    assert "0 digests are written." in command("mails", "write-digests").output
    assert "0 goals are missed now" in command("mails", "check-goals").output
    assert "gets no digest any more" in command("mails", "unsubscribe", words[2]).output
    assert command("mails", "unsubscribe", words[2]).exit_code == 1
    assert "is not a time zone" in command(*words, "--zone", "Mars").output
