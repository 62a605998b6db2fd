"""Other tools are told what happens: signed, at least once, always under the same id."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from listener import Listener, Told, listening
from sqlalchemy import select
from world import KEY, NOON, Command, FakeClock, at_once

from plugin.customers.addresses import Addresses
from plugin.desks.signatures import SCHEMES, BadSignature, verify
from plugin.flows.out.receivers import SeeReceivers
from plugin.flows.out.send_out import HOLD
from plugin.flows.out.send_webhooks import PATIENCE, WAITS, SendWebhooks
from plugin.pages.refusals import BadReceiver, NotThere
from plugin.ports import EVENTS, News, Refused, Webhook
from plugin.receivers import Messages, signed
from plugin.records.page import Page
from plugin.records.receivers import ReceiverRecord
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.receivers import RECEIVERS
from plugin.store.vault import Vault
from plugin.store.webhooks import WEBHOOKS
from plugin.store.work import SqlStore
from plugin.views.people import Role
from plugin.views.receivers import NewReceiver, WebhookLine

HERE = Addresses(frozenset({"127.0.0.1"}))
WHO = "ruben@halden.example"


class Silence:
    def ring(self) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


def seeing(store: Store, clock: FakeClock, seconds: float = 10.0) -> SeeReceivers:
    return SeeReceivers(store, Messages(HERE, seconds), Silence(), clock)


def sending(store: Store, clock: FakeClock, seconds: float = 10.0) -> SendWebhooks:
    return SendWebhooks(store, Messages(HERE, seconds), clock, lambda: 0.0)


def add(store: Store, clock: FakeClock, url: str, name: str = "CRM", **more: Any) -> str:
    wanted = NewReceiver(name, url, **{"events": tuple(EVENTS), **more})
    return seeing(store, clock).add(wanted, WHO)


def missed(key: str = "1", segment: str = "Enterprise") -> News:
    return News("goal.missed", key, NOON, {"segment": segment, "wants": "Zufriedenheit ü"})


def announce(store: Store, *news: News) -> int:
    with store.work() as work:
        count = sum(work.webhooks.announce(one, NOON) for one in news)
        work.commit()
    return count


def one(store: Store, name: str = "CRM") -> ReceiverRecord:
    with store.look() as work:
        found = work.receivers.get(name)
    assert found is not None
    return found


def messages(store: Store, name: str = "CRM") -> list[WebhookLine]:
    with store.look() as work:
        return work.webhooks.lines(one(store, name).id, Page())


def check(told: Told, secret: str, at: datetime) -> None:
    verify(SCHEMES["standard_webhooks"], [secret], told.body, told.headers, None, at)


def test_a_signature_is_the_known_answer_of_standard_webhooks() -> None:
    at = datetime.fromtimestamp(1614265330, NOON.tzinfo)
    headers = signed(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at,
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_news_is_told_once_signed_and_no_longer_kept(
    store: Store, clock: FakeClock, listener: Listener, database: Database
) -> None:
    secret = add(store, clock, listener.url)
    assert announce(store, missed()) == 1
    assert announce(store, missed()) == 0  # the same news again
    send = sending(store, clock)
    assert (send(), send()) == (1, 0)
    (told,) = listener.got
    check(told, secret, clock.now())
    with pytest.raises(BadSignature):
        check(told, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", clock.now())
    assert told.headers["content-type"] == "application/json"
    assert json.loads(told.body) == {
        "type": "goal.missed",
        "timestamp": NOON.isoformat(),
        "data": {"segment": "Enterprise", "wants": "Zufriedenheit ü"},
    }
    (line,) = messages(store)
    assert (line.state, line.tries, line.event) == ("done", 1, told.headers["webhook-id"])
    with database.read() as connection:
        assert not connection.execute(select(WEBHOOKS.c.body)).scalar_one()
        assert secret.encode() not in connection.execute(select(RECEIVERS.c.secrets)).scalar_one()


def test_a_receiver_is_told_only_what_it_wants(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    add(store, clock, listener.url, "met", events=("goal.met",))
    add(store, clock, listener.url, "vip", segments=("VIP",))
    add(store, clock, listener.url, "off")
    seeing(store, clock).switch("off", WHO, on=False)
    assert announce(store, missed("1"), missed("2", "VIP")) == 1
    assert [line.type for line in messages(store, "vip")] == ["goal.missed"]


def test_after_a_new_secret_both_sign_for_a_day_and_then_only_the_new_one(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    old = add(store, clock, listener.url)
    new = seeing(store, clock).renew_secret("CRM", WHO)
    announce(store, missed("1"))
    sending(store, clock)()
    clock.turn(hours=25)
    announce(store, missed("2"))
    sending(store, clock)()
    first, second = listener.got
    assert len(first.headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        check(first, secret, clock.now() - timedelta(hours=25))
    check(second, new, clock.now())
    with pytest.raises(BadSignature):
        check(second, old, clock.now())


def test_a_failure_is_tried_again_under_the_same_id_with_growing_waits_and_parked_at_last(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    listener.status = 500
    add(store, clock, listener.url)
    announce(store, missed())
    send = sending(store, clock)
    for wait in WAITS:
        send()
        (line,) = messages(store)
        assert (line.state, line.due) == ("waiting", clock.now() + wait)
        clock.at += wait
    send()
    (line,) = messages(store)
    assert (line.state, line.tries) == ("parked", 10)
    assert "500 Internal Server Error" in line.why
    assert len({told.headers["webhook-id"] for told in listener.got}) == 1
    assert len(listener.got) == 10
    listener.status = 200
    assert seeing(store, clock).replay("CRM", WHO) == 1
    clock.turn(hours=1)
    assert sending(store, clock)() == 1
    assert one(store).failing_since is None
    assert len({told.headers["webhook-id"] for told in listener.got}) == 1


def test_a_wait_is_longer_by_chance_and_never_shorter(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    listener.status = 503
    add(store, clock, listener.url)
    announce(store, missed())
    SendWebhooks(store, Messages(HERE), clock, lambda: 1.0)()
    assert messages(store)[0].due == clock.now() + timedelta(seconds=6)


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    listener.status, listener.headers = 429, {"retry-after": "600"}
    add(store, clock, listener.url)
    announce(store, missed("1"), missed("2"))
    send = sending(store, clock)
    send()
    clock.turn(seconds=599)
    send()
    assert len(listener.got) == 1
    clock.turn(seconds=1)
    send()
    assert len(listener.got) == 2


def test_one_that_wants_nothing_any_more_is_switched_off_and_admins_are_told(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    listener.status = 410
    add(store, clock, listener.url)
    with store.work() as work:
        work.people.save(WHO, "Ruben", Role.ADMIN, "x", NOON)
        work.people.save("ines@halden.example", "Ines", Role.LEAD, "x", NOON)
        work.commit()
    announce(store, missed("1"), missed("2"))
    sending(store, clock)()
    assert len(listener.got) == 1
    assert (one(store).enabled, [line.state for line in messages(store)]) == (False, ["parked"] * 2)
    with store.look() as work:
        assert work.audit.lines(Page(), "switched off")[0].by == "Deskroute"
        mail = work.mails.take(clock.now(), clock.now())
    assert mail is not None
    assert mail.thing.to == WHO
    assert announce(store, missed("3")) == 0
    with pytest.raises(Refused, match="Switch it on first"):
        seeing(store, clock).replay("CRM", WHO)
    listener.status = 200
    seeing(store, clock).switch("CRM", WHO, on=True)
    assert seeing(store, clock).replay("CRM", WHO) == 2
    assert sending(store, clock)() == 2


def test_one_that_fails_for_five_days_is_switched_off(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    listener.status = 500
    add(store, clock, listener.url)
    began = clock.now()
    while one(store).enabled:
        announce(store, missed(str(clock.now())))
        sending(store, clock)()
        clock.turn(hours=6)
    assert PATIENCE <= clock.now() - began <= PATIENCE + timedelta(hours=7)


def test_a_redirect_is_not_followed(store: Store, clock: FakeClock, listener: Listener) -> None:
    with listening() as inside:
        listener.status, listener.headers = 302, {"location": inside.url}
        add(store, clock, listener.url)
        announce(store, missed())
        assert sending(store, clock)() == 0
        assert inside.got == []
    assert "a redirect, which is not followed" in messages(store)[0].why


def test_a_huge_answer_is_not_read(store: Store, clock: FakeClock, listener: Listener) -> None:
    listener.status, listener.answer = 200, 10_000_000_000
    add(store, clock, listener.url)
    announce(store, missed())
    assert sending(store, clock)() == 1


def test_a_slow_one_is_given_its_time_and_no_more(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    listener.delay = 5.0
    add(store, clock, listener.url)
    announce(store, missed())
    began = time.monotonic()
    assert sending(store, clock, 0.2)() == 0
    assert time.monotonic() - began < 4
    assert "did not answer within 0.2 s" in messages(store)[0].why


def test_one_that_is_down_keeps_no_other_waiting(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    with listening() as other:
        down = other.url
    add(store, clock, down, "A")
    add(store, clock, listener.url, "B")
    announce(store, *(missed(str(key)) for key in range(5)))
    assert sending(store, clock)() == 5
    assert [line.tries for line in messages(store, "A")].count(0) == 4
    assert "cannot be reached" in one(store, "A").told


class Killed(BaseException):
    pass


class Dies:
    """Sends, or not, and then is no more."""

    def __init__(self, *, before: bool) -> None:
        self.before = before

    def check(self, url: str) -> None:
        raise NotImplementedError

    def send(self, webhook: Webhook, at: datetime) -> None:
        if not self.before:
            Messages(HERE).send(webhook, at)
        raise Killed


@pytest.mark.parametrize("before", [True, False])
def test_a_sender_that_is_killed_loses_nothing_and_the_id_stays(
    store: Store, clock: FakeClock, listener: Listener, before: bool
) -> None:
    add(store, clock, listener.url)
    announce(store, missed())
    with pytest.raises(Killed):
        SendWebhooks(store, Dies(before=before), clock)()
    send = sending(store, clock)
    assert send() == 0  # still the dead one's
    clock.at += HOLD
    assert send() == 1
    assert len(listener.got) == (1 if before else 2)
    assert len({told.headers["webhook-id"] for told in listener.got}) == 1


def test_two_senders_at_once_send_each_message_once(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    add(store, clock, listener.url)
    announce(store, *(missed(str(key)) for key in range(30)))
    sent = at_once(2, [sending(store, clock)] * 2)
    assert sum(sent) == 30
    assert len({told.headers["webhook-id"] for told in listener.got}) == len(listener.got) == 30


def test_one_that_is_removed_while_it_is_told_leaves_nothing(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    add(store, clock, listener.url)
    announce(store, missed("1"), missed("2"))
    see = seeing(store, clock)

    class Removes:
        def check(self, url: str) -> None:
            raise NotImplementedError

        def send(self, webhook: Webhook, at: datetime) -> None:
            del webhook, at
            see.remove("CRM", WHO)

    SendWebhooks(store, Removes(), clock)()
    with store.look() as work:
        assert work.webhooks.counts() == {}
    with pytest.raises(NotThere):
        see.view("CRM", None)


@pytest.mark.parametrize(
    "address",
    [
        "http://crm.example.com/hook",
        "https://127.0.0.1/hook",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://localhost/",
        "https://user:pass@crm.example.com/",
        "file:///etc/passwd",
        "https://crm.example.com:0/",
        "not an address",
        "",
    ],
)
def test_an_address_that_leads_inside_is_refused(
    store: Store, clock: FakeClock, address: str
) -> None:
    see = SeeReceivers(store, Messages(Addresses()), Silence(), clock)
    with pytest.raises(BadReceiver):
        see.add(NewReceiver("CRM", address, tuple(EVENTS)), WHO)


def test_an_address_that_led_outside_when_it_was_added_is_checked_again_when_it_is_called(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    add(store, clock, listener.url)
    announce(store, missed())
    SendWebhooks(store, Messages(Addresses()), clock)()
    assert listener.got == []
    assert "DESKROUTE_INTERNAL_HOSTS" in messages(store)[0].why


@pytest.mark.parametrize(
    ("name", "events", "why"),
    [
        ("", tuple(EVENTS), "Name it"),
        ("a/b", tuple(EVENTS), "Name it"),
        ("x" * 61, tuple(EVENTS), "Name it"),
        ("CRM", ("ticket.exploded",), "no event “ticket.exploded”"),
        ("CRM", (), "at least one event"),
        ("there", tuple(EVENTS), "already"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    store: Store, clock: FakeClock, listener: Listener, name: str, events: tuple[str, ...], why: str
) -> None:
    add(store, clock, listener.url, "there")
    with pytest.raises(BadReceiver, match=why):
        seeing(store, clock).add(NewReceiver(name, listener.url, events), WHO)


def test_a_test_tells_at_once_whether_it_answers(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    secret = add(store, clock, listener.url)
    see = seeing(store, clock)
    assert not see.test("CRM", WHO)
    check(listener.got[0], secret, clock.now())
    assert json.loads(listener.got[0].body)["type"] == "test"
    listener.status = 404
    assert see.test("CRM", WHO) == "CRM answered 404 Not Found."
    (line,) = see.every()
    assert line.told == "CRM answered 404 Not Found."


def test_the_message_of_a_forgotten_customer_goes_on_without_the_address(
    store: Store, clock: FakeClock, listener: Listener
) -> None:
    add(store, clock, listener.url)
    people = [{"id": 1, "email": "lena@kontor.example"}, {"id": 2, "email": "kai@kontor.example"}]
    announce(store, News("segment.members", "1", NOON, {"segment": "E", "joined": people}))
    with store.work() as work:
        work.privacy.forget("lena@kontor.example", clock.now())
        work.commit()
    sending(store, clock)()
    told = [who["email"] for who in json.loads(listener.got[0].body)["data"]["joined"]]
    assert told == ["forgotten@deskroute.invalid", "kai@kontor.example"]


def test_what_ended_long_ago_is_dropped(store: Store, clock: FakeClock, listener: Listener) -> None:
    add(store, clock, listener.url)
    announce(store, missed("1"))
    sending(store, clock)()
    announce(store, missed("2"))
    with store.work() as work:
        assert work.webhooks.expire(clock.now() + timedelta(days=1), 10) == 1
        work.commit()
    assert [line.state for line in messages(store)] == ["waiting"]


def test_secrets_are_locked_anew_with_the_newest_key(
    store: Store, clock: FakeClock, listener: Listener, database: Database
) -> None:
    secret = add(store, clock, listener.url)
    newer = "another-key-of-the-tests-that-is-long-enough-01"
    with SqlStore(database, Vault([newer, KEY])).work() as work:
        assert work.receivers.relock() == 1
        work.commit()
    with SqlStore(database, Vault([newer])).look() as work:
        found = work.receivers.get("CRM")
    assert found is not None
    assert found.secrets[0].text == secret


def test_every_change_is_noted(store: Store, clock: FakeClock, listener: Listener) -> None:
    add(store, clock, f"{listener.url}/secret-path")
    see = seeing(store, clock)
    see.test("CRM", WHO)
    see.renew_secret("CRM", WHO)
    see.change(NewReceiver("CRM", listener.url, ("goal.met",)), WHO)
    see.switch("CRM", WHO, on=False)
    see.switch("CRM", WHO, on=True)
    see.replay("CRM", WHO)
    see.remove("CRM", WHO)
    with store.look() as work:
        lines = [line.did for line in work.audit.lines(Page(), "")]
    assert lines[::-1] == [
        f"added the receiver CRM at 127.0.0.1:{listener.port}",
        "tested the receiver CRM",
        "renewed the secret of the receiver CRM",
        "changed the receiver CRM",
        "switched off the receiver CRM",
        "switched on the receiver CRM",
        "replayed 0 parked messages to CRM",
        "removed the receiver CRM",
    ]


def test_the_command_line_does_it_all(
    command: Command, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = command("receivers", "add", "CRM", "--url", listener.url)
    assert refused.exit_code == 1
    assert "Not added." in refused.output
    monkeypatch.setenv("DESKROUTE_INTERNAL_HOSTS", "127.0.0.1")
    added = command("receivers", "add", "CRM", "--url", listener.url, "--event", "goal.met")
    assert "whsec_" in added.output
    assert "took the test" in command("receivers", "test", "CRM").output
    assert "goal.met" in command("receivers", "list").output
    assert "whsec_" in command("receivers", "renew-secret", "CRM").output
    assert command("receivers", "deliveries", "CRM").exit_code == 0
    assert "0 messages" in command("receivers", "replay", "CRM").output
    assert command("receivers", "switch", "CRM", "off").exit_code == 0
    assert command("receivers", "remove", "CRM", "--yes").exit_code == 0
    assert "no receiver “CRM”" in command("receivers", "test", "CRM").output
