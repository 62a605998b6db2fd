"""The door over the real app: what is taken in, what is refused and how, and what is never lost."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse
from world import KEY, NOON, OLD_KEY, FakeClock, Postgres, at_once

import plugin.store.database as database_module
from plugin.app import build_app
from plugin.desks import registry
from plugin.desks.signatures import SCHEMES, Proof, sign
from plugin.records.connections import ConnectionRecord
from plugin.settings import Settings
from plugin.store.database import open_engine
from plugin.views.deliveries import Tally
from plugin.wiring import Deskroute

BODY = b'{"ticket": {"id": 17, "title": "Cannot sign in"}}'
SECRET = "a-secret-of-this-test-0123456789"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOLERANT = sorted(name for name, scheme in SCHEMES.items() if scheme.time_header)
SIGNED = sorted(name for name, scheme in SCHEMES.items() if scheme.is_signed)
BASE64 = sorted(
    name for name in SIGNED if SCHEMES[name].encoding == "base64" and name != "standard_webhooks"
)


@dataclass
class Door:
    """The app with one desk behind its door."""

    flows: Deskroute
    client: FlaskClient
    clock: FakeClock
    scheme: str = "secret_path"
    secret: str = SECRET

    def connect(
        self, *schemes: str, secret: str | None = None, url: str = "http://desk.example"
    ) -> None:
        """Connect one desk for each scheme, under the scheme's name; the last one is used."""
        with self.flows.store.work() as work:
            for scheme in schemes:
                self.use(scheme)
                kept = self.secret if secret is None else secret
                secrets = {"token": "abc", "webhook": kept}
                record = ConnectionRecord(scheme, "django-helpdesk", scheme, {"url": url}, secrets)
                work.connections.save_desk(record, self.clock.now())
            work.commit()

    def use(self, scheme: str) -> None:
        self.scheme = scheme
        self.secret = WHSEC if scheme == "standard_webhooks" else SECRET

    def signed(
        self, body: bytes = BODY, *, at: datetime | None = None, secret: str | None = None
    ) -> dict[str, str]:
        return sign(
            SCHEMES[self.scheme],
            secret or self.secret,
            body,
            delivery_id="msg_1",
            at=at or self.clock.now(),
        )

    @property
    def path(self) -> str:
        hidden = SCHEMES[self.scheme].proof is Proof.PATH
        return f"/webhooks/{self.scheme}/{self.secret}" if hidden else f"/webhooks/{self.scheme}"

    def post(
        self,
        body: bytes = BODY,
        *,
        headers: dict[str, str] | None = None,
        path: str | None = None,
        **more: str,
    ) -> TestResponse:
        proof = self.signed(body) if headers is None else headers
        return self.client.post(
            path or self.path,
            data=body,
            headers={**proof, **{name.replace("_", "-"): value for name, value in more.items()}},
            content_type="application/json",
        )

    @property
    def tally(self) -> Tally:
        with self.flows.store.look() as work:
            return work.inbox.tally()


def open_door(url: str, data: Path, clock: FakeClock, keys: tuple[str, ...] = (KEY,)) -> Door:
    settings = Settings(database_url=url, data=data, keys=keys, base_url="http://localhost")
    flows = Deskroute(settings, lambda: None, clock)  # type: ignore[arg-type]
    return Door(flows, build_app(flows).test_client(), clock)


@pytest.fixture
def door(url: str, tmp_path: Path, clock: FakeClock) -> Iterator[Door]:
    made = open_door(url, tmp_path, clock)
    made.connect("secret_path")
    yield made
    made.flows.database.engine.dispose()


@pytest.fixture
def one_door(migrated_file: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Door]:
    """For what is settled before the database is asked: on SQLite alone, which is quicker."""
    path = tmp_path / "one.sqlite"
    shutil.copy(migrated_file, path)
    made = open_door(f"sqlite:///{path}", tmp_path, clock)
    made.connect("secret_path")
    yield made
    made.flows.database.engine.dispose()


def assert_problem(answer: TestResponse, status: int, *words: str) -> None:
    """The answer is a problem document that says what is wrong and how to mend it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    problem = json.loads(answer.data)
    assert problem["status"] == status
    assert problem["title"]
    for word in words:
        assert word in problem["title"] + " " + problem["detail"]


# What is taken in.


def test_a_delivery_that_proves_itself_is_kept_and_acknowledged(door: Door) -> None:
    door.connect(*SCHEMES)
    for number, scheme in enumerate(SCHEMES, 1):
        door.use(scheme)
        answer = door.post()
        assert (answer.status_code, answer.json) == (202, {"received": True}), scheme
        with door.flows.store.look() as work:
            found = work.inbox.show(number)
        assert found is not None
        view, body = found
        assert body == BODY
        assert (view.line.connection, view.line.ticket) == (scheme, "17")
        assert (view.line.state, view.line.received_at) == ("waiting", NOON)
    assert door.tally == Tally(len(SCHEMES), 0, len(SCHEMES), 0)


def test_a_delivery_with_the_wrong_secret_is_refused_and_not_kept(door: Door) -> None:
    door.connect(*SCHEMES)
    for scheme in SCHEMES:
        door.use(scheme)
        door.secret = door.secret[:-1] + "x"
        assert_problem(door.post(), 401, "not accepted")
    assert door.tally == Tally(0, 0, 0, 0)


def test_either_of_two_secrets_is_accepted_while_one_is_being_changed(door: Door) -> None:
    door.connect("github", secret=f"the-new-secret-of-this-desk\n{SECRET}")
    assert door.post().status_code == 202
    other = b'{"ticket": {"id": 18}}'
    headers = door.signed(other, secret="the-new-secret-of-this-desk")
    assert door.post(other, headers=headers).status_code == 202
    assert door.tally.received == 2


def test_the_same_delivery_again_is_acknowledged_and_counted_once(door: Door) -> None:
    door.post()
    again = door.post()
    assert again.status_code == 202
    assert json.loads(again.data) == {"received": True, "again": True}
    assert door.tally.received == 1


def test_the_same_delivery_a_hundred_times_at_once_makes_one_row(door: Door) -> None:
    door.post(b'{"ticket": {"id": 1}}')  # so that the connections are read already
    send = partial(_post_alone, door)
    answers = at_once(20, [send] * 100)
    assert {answer.status_code for answer in answers} == {202}
    assert sum("again" not in json.loads(answer.data) for answer in answers) == 1
    assert door.tally.received == 2


def _post_alone(door: Door) -> TestResponse:
    # A test client keeps cookies, so each thread takes its own.
    client = door.client.application.test_client()
    return client.post(door.path, data=BODY, content_type="application/json")


def test_a_gzip_body_is_verified_as_sent_and_kept_unpacked(one_door: Door) -> None:
    one_door.connect("github")
    packed = gzip.compress(BODY)
    assert one_door.post(packed, content_encoding="gzip").status_code == 202
    with one_door.flows.store.look() as work:
        found = work.inbox.show(1)
    assert found is not None
    assert found[1] == BODY


def test_one_right_signature_among_several_is_enough(one_door: Door) -> None:
    one_door.connect("standard_webhooks")
    headers = one_door.signed()
    wrong = "v1," + "A" * 43 + "="
    headers["webhook-signature"] = f"{wrong} v2,whatever {headers['webhook-signature']}"
    assert one_door.post(headers=headers).status_code == 202


def test_the_worker_is_called_for_what_is_new_and_not_for_what_is_known(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[None] = []
    monkeypatch.setattr(door.flows.jobs, "ring", lambda: rung.append(None))
    door.post()
    door.post()
    assert len(rung) == 1


def test_a_broker_that_is_down_does_not_keep_a_delivery_out(
    url: str, tmp_path: Path, clock: FakeClock
) -> None:
    def broken() -> None:
        raise ConnectionError

    settings = Settings(database_url=url, data=tmp_path, keys=(KEY,))
    flows = Deskroute(settings, broken, clock)  # type: ignore[arg-type]
    door = Door(flows, build_app(flows).test_client(), clock)
    door.connect("github")
    assert door.post().status_code == 202
    assert door.tally.waiting == 1
    flows.database.engine.dispose()


# Who is refused.


def test_an_unknown_connection_is_404_and_says_where_to_find_the_address(door: Door) -> None:
    assert_problem(door.post(path=f"/webhooks/nobody/{SECRET}"), 404, "nobody", "desks")
    assert door.tally.received == 0


def test_an_address_that_is_no_door_is_404(one_door: Door) -> None:
    for path in ("/webhooks", "/webhooks/", "/webhooks/secret_path/a/b"):
        assert_problem(one_door.client.post(path, data=BODY), 404)
    assert one_door.tally.received == 0


def test_only_post_opens_the_door(one_door: Door) -> None:
    answer = one_door.client.get(one_door.path)
    assert_problem(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_a_signed_desk_without_its_headers_is_refused(one_door: Door) -> None:
    one_door.connect(*SIGNED)
    for scheme in SIGNED:
        one_door.use(scheme)
        for missing in one_door.signed():
            if missing == SCHEMES[scheme].delivery_header and "id" not in SCHEMES[scheme].signed:
                continue
            headers = one_door.signed()
            del headers[missing]
            assert_problem(one_door.post(headers=headers), 401, "missing")
    assert one_door.tally.received == 0


def test_a_body_changed_by_one_byte_is_refused(one_door: Door) -> None:
    one_door.connect(*SIGNED)
    for scheme in SIGNED:
        one_door.use(scheme)
        changed = BODY.replace(b"17", b"18")
        assert_problem(one_door.post(changed, headers=one_door.signed()), 401, "fit")
    assert one_door.tally.received == 0


@pytest.mark.parametrize(("seconds", "word"), [(301, "seconds ago"), (-301, "in the future")])
def test_a_signature_a_second_too_old_or_too_new_is_refused(
    one_door: Door, seconds: int, word: str
) -> None:
    one_door.connect(*TOLERANT)
    for scheme in TOLERANT:
        one_door.use(scheme)
        headers = one_door.signed(at=NOON - timedelta(seconds=seconds))
        assert_problem(one_door.post(headers=headers), 401, word)
    assert one_door.tally.received == 0


@pytest.mark.parametrize("seconds", [300, -300])
def test_a_signature_just_within_the_window_is_accepted(one_door: Door, seconds: int) -> None:
    one_door.connect(*TOLERANT)
    for scheme in TOLERANT:
        one_door.use(scheme)
        headers = one_door.signed(at=NOON - timedelta(seconds=seconds))
        assert one_door.post(headers=headers).status_code == 202, scheme


def test_a_time_that_says_hello_is_refused(one_door: Door) -> None:
    one_door.connect(*TOLERANT)
    for scheme in TOLERANT:
        one_door.use(scheme)
        headers = {**one_door.signed(), SCHEMES[scheme].time_header or "": "hello"}
        assert_problem(one_door.post(headers=headers), 401, "time")
    assert one_door.tally.received == 0


def test_a_signature_that_is_not_base64_is_refused(one_door: Door) -> None:
    one_door.connect(*BASE64)
    for scheme in BASE64:
        one_door.use(scheme)
        for signature in ("%%%", "a", "=", "é", "A" * 10_000):
            headers = {**one_door.signed(), SCHEMES[scheme].header: signature}
            assert_problem(one_door.post(headers=headers), 401, "signature")
    assert one_door.tally.received == 0


def test_a_signature_of_an_unknown_version_is_refused(one_door: Door) -> None:
    one_door.connect("standard_webhooks")
    headers = one_door.signed()
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v9,")
    assert_problem(one_door.post(headers=headers), 401, "does not begin with")


def test_a_connection_without_a_secret_believes_nobody_and_asks_to_come_back(
    one_door: Door,
) -> None:
    one_door.connect(*SCHEMES, secret="  ")
    for scheme in SCHEMES:
        one_door.use(scheme)
        # Ours to mend, so the desk shall try again: a 4xx would make it give up.
        answer = one_door.post()
        assert_problem(answer, 503, "secret")
        assert int(answer.headers["Retry-After"]) > 0
    assert one_door.tally.received == 0


def test_a_wrong_secret_in_the_address_is_refused_whatever_it_is(one_door: Door) -> None:
    for secret in ("wrong", "%00", "%ff%fe", "%ed%a0%80", "é", "a" * 5_000):
        assert_problem(one_door.post(path=f"/webhooks/secret_path/{secret}"), 401)
    assert one_door.tally.received == 0


# What makes no sense.

_DEEP = b'{"ticket": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
_BOMB = gzip.compress(b'{"ticket": {"id": 17, "title": "' + b"x" * 50_000_000 + b'"}}')

BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "body is empty"),
    "blank": (b" \n\t ", 400, "body is empty"),
    "not JSON": (b"ticket=17", 400, "not JSON"),
    "cut short": (BODY[:-2], 400, "not JSON"),
    "not UTF-8": (b'{"ticket": {"id": 17, "title": "\xff\xfe"}}', 400, "not UTF-8"),
    "UTF-16": (BODY.decode().encode("utf-16"), 400, "not UTF-8"),
    "NaN": (b'{"ticket": {"id": NaN}}', 400, "NaN"),
    "Infinity": (b'{"ticket": {"id": 17, "due": -Infinity}}', 400, "Infinity"),
    "1e999": (b'{"ticket": {"id": 17, "due": 1e999}}', 400, "too large"),
    "300 digits": (b'{"ticket": {"id": ' + b"9" * 300 + b"}}", 400, "300 digits"),
    "5,000 digits": (b'{"ticket": {"id": ' + b"9" * 5_000 + b"}}", 400, "5,000 digits"),
    "20 digits": (b'{"ticket": {"id": 99999999999999999999}}', 400, "ticket.id"),
    "depth 10,000": (_DEEP, 400, "nested too deeply"),
    "duplicate keys": (b'{"ticket": {"id": 17, "id": 18}}', 400, "twice"),
    "NUL": (b'{"ticket": {"id": 17, "title": "a\\u0000b"}}', 400, "NUL"),
    "raw NUL": (b'{"ticket": {"id": 17, "title": "a\x00b"}}', 400, "not JSON"),
    "lone surrogate": (b'{"ticket": {"id": 17, "title": "\\ud800"}}', 400, "surrogate"),
    "lone surrogate as a key": (b'{"ticket": {"id": 17, "\\udfff": 1}}', 400, "surrogate"),
    "a list": (b"[1, 2, 3]", 400, "not an object"),
    "a text": (b'"ticket"', 400, "not an object"),
    "null": (b"null", 400, "not an object"),
    "no ticket": (b'{"other": 1}', 400, "ticket"),
    "ticket is a list": (b'{"ticket": [17]}', 400, "ticket"),
    "id is a text": (b'{"ticket": {"id": "17"}}', 400, "ticket.id"),
    "id is a half": (b'{"ticket": {"id": 17.5}}', 400, "ticket.id"),
    "id is true": (b'{"ticket": {"id": true}}', 400, "ticket.id"),
    "id is 0": (b'{"ticket": {"id": 0}}', 400, "ticket.id"),
    "id is negative": (b'{"ticket": {"id": -1}}', 400, "ticket.id"),
    "1 MB and a byte": (b'{"a": "' + b"x" * (1_000_001 - 9) + b'"}', 413, "large"),
    "4 MB and more": (b"x" * 4_200_000, 413, "large"),
}


def test_a_body_that_makes_no_sense_is_refused_and_not_kept(door: Door) -> None:
    for name, (body, status, word) in BAD_BODIES.items():
        answer = door.post(body)
        assert answer.status_code == status, (name, answer.text)
        assert_problem(answer, status, word)
    assert door.tally.received == 0


def test_a_compressed_body_that_cannot_be_trusted_is_refused(one_door: Door) -> None:
    for body, encoding, status, word in (
        (_BOMB, "gzip", 413, "large"),
        (gzip.compress(BODY)[:-4], "gzip", 400, "unpacked"),
        (gzip.compress(BODY) * 2, "gzip", 400, "unpacked"),
        (BODY, "gzip", 400, "unpacked"),
        (b"", "gzip", 400, "unpacked"),
        (BODY, "br", 415, "Content-Encoding"),
        (BODY, "gzip, gzip", 415, "Content-Encoding"),
        (BODY, "é\x01", 415, "Content-Encoding"),
    ):
        assert_problem(one_door.post(body, content_encoding=encoding), status, word)
    assert one_door.tally.received == 0


def test_a_body_of_exactly_one_megabyte_is_kept(door: Door) -> None:
    start, end = b'{"ticket": {"id": 17, "title": "', b'"}}'
    body = start + b"x" * (1_000_000 - len(start) - len(end)) + end
    assert door.post(body).status_code == 202


def test_what_is_too_large_is_told_the_size_that_is_read_at_the_door(one_door: Door) -> None:
    answer = one_door.post(b"x" * 1_000_001)
    assert_problem(answer, 413, "1,000,000")


def test_the_kind_of_content_a_desk_claims_does_not_matter(one_door: Door) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""):
        answer = one_door.client.post(one_door.path, data=BODY, content_type=kind)
        assert answer.status_code == 202, kind
    assert one_door.tally.received == 1


# What is down.


def assert_comes_back(answer: TestResponse) -> None:
    assert_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_database_that_crashed_gives_503_and_what_was_accepted_is_there_again(
    postgres: Postgres, emptied: str, tmp_path: Path, clock: FakeClock
) -> None:
    door = open_door(emptied, tmp_path, clock)
    door.connect("github")
    accepted = 0
    for number in range(1, 6):
        body = b'{"ticket": {"id": %d}}' % number
        accepted += door.post(body).status_code == 202
        postgres.crash()
        try:
            assert_comes_back(door.post(b'{"ticket": {"id": %d}}' % (number + 100)))
        finally:
            postgres.start()
        assert door.post(body).status_code == 202
    assert accepted == 5
    assert door.tally == Tally(5, 0, 5, 0)
    door.flows.database.engine.dispose()


def test_a_database_that_is_not_there_gives_503(tmp_path: Path, clock: FakeClock) -> None:
    for url in (
        f"sqlite:///{tmp_path / 'no such folder' / 'deskroute.sqlite'}",
        f"postgresql+psycopg://postgres@/postgres?host={tmp_path}",
    ):
        door = open_door(url, tmp_path, clock)
        assert_comes_back(door.post(headers={}))
        assert door.client.get("/health/ready").status_code == 503
        door.flows.database.engine.dispose()


def test_a_database_that_can_only_be_read_gives_503_and_no_false_202(
    door: Door, kind: str, postgres: Postgres
) -> None:
    door.post(b'{"ticket": {"id": 1}}')
    engine = door.flows.database.engine
    engine.dispose()
    if kind == "sqlite":
        event.listen(engine, "connect", _read_only)
    else:
        postgres.run(f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = on")
    assert_comes_back(door.post())
    engine.dispose()
    if kind == "sqlite":
        event.remove(engine, "connect", _read_only)
    else:
        postgres.run(f"ALTER DATABASE {engine.url.database} RESET default_transaction_read_only")
    assert door.tally.received == 1
    assert door.post().status_code == 202
    assert door.tally.received == 2


def _read_only(connection: object, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]


def test_a_sqlite_file_opened_for_reading_only_gives_503(
    migrated_file: Path, tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "kept.sqlite"
    shutil.copy(migrated_file, path)
    door = open_door(f"sqlite:///{path}", tmp_path, clock)
    door.connect("github")
    door.flows.database.engine.dispose()
    blind = open_door(f"sqlite:///file:{path}?mode=ro&uri=true", tmp_path, clock)
    blind.scheme = "github"
    assert_comes_back(blind.post())
    assert door.tally.received == 0
    blind.flows.database.engine.dispose()
    door.flows.database.engine.dispose()


def test_a_full_disk_gives_503_and_room_lets_deliveries_in_again(
    migrated_file: Path, tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "full.sqlite"
    shutil.copy(migrated_file, path)
    door = open_door(f"sqlite:///{path}", tmp_path, clock)
    door.connect("github")
    engine = door.flows.database.engine
    engine.dispose()

    def full(connection: object, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    event.listen(engine, "connect", full)
    body = b'{"ticket": {"id": 17, "title": "' + b"x" * 500_000 + b'"}}'
    assert_comes_back(door.post(body))
    event.remove(engine, "connect", full)
    engine.dispose()
    assert door.post(body).status_code == 202
    assert door.tally.received == 1
    engine.dispose()


def test_a_database_that_another_writer_keeps_locked_gives_503(
    migrated_file: Path, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_MS", 50)
    path = tmp_path / "locked.sqlite"
    shutil.copy(migrated_file, path)
    door = open_door(f"sqlite:///{path}", tmp_path, clock)
    door.connect("github")
    other = open_engine(f"sqlite:///{path}")
    with other.begin():
        assert_comes_back(door.post())
    assert door.post().status_code == 202
    other.dispose()
    door.flows.database.engine.dispose()


def test_a_file_that_is_no_database_gives_503(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "torn.sqlite"
    path.write_bytes(b"this was a database once" * 1_000)
    door = open_door(f"sqlite:///{path}", tmp_path, clock)
    assert_comes_back(door.post(headers={}))
    door.flows.database.engine.dispose()


def test_tables_that_are_not_there_yet_give_503(
    empty_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    door = open_door(empty_url, tmp_path, clock)
    assert_comes_back(door.post(headers={}))
    assert door.client.get("/health/ready").status_code == 503
    door.flows.database.engine.dispose()


def test_secrets_that_no_key_opens_give_503(door: Door, url: str, tmp_path: Path) -> None:
    # Somebody changed DESKROUTE_KEYS and forgot the old one. The desk shall try again later.
    locked_out = open_door(url, tmp_path, door.clock, keys=(OLD_KEY,))
    assert_comes_back(locked_out.post())
    assert door.tally.received == 0
    locked_out.flows.database.engine.dispose()


def test_a_desk_whose_settings_cannot_be_used_gets_503_and_is_taken_in_once_they_can(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.connect("secret_path", url="not an address")
    assert_comes_back(door.post())
    door.connect("secret_path")
    monkeypatch.setattr(registry, "FRESH", 0.0)  # the list of desks is read again at once
    assert door.post().status_code == 202


def test_readiness_does_not_wait_for_a_writer(door: Door, url: str) -> None:
    other = open_engine(url)
    with other.begin() as connection:
        connection.execute(text("UPDATE connections SET sample = sample"))
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(door.client.get, "/health/ready").result(5)
    assert answer.status_code == 200
    other.dispose()


# What must not be said.


def test_neither_body_nor_secret_gets_into_a_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.connect("github")
    wrong = {"x-hub-signature-256": "sha256=abc"}
    with caplog.at_level(logging.DEBUG):
        answers = [
            door.post(b'{"ticket": {"id": 17, "title": "Very private words"}}'),
            door.post(b'{"ticket": {"id": "Very private words"}}'),
            door.post(b'"Very private words'),
            door.post(b'{"ticket": "Very private words"}', headers={}),
            door.post(b'{"ticket": "Very private words"}', headers=wrong),
        ]
    assert [answer.status_code for answer in answers] == [202, 400, 400, 401, 401]
    assert "private" not in caplog.text + "".join(answer.text for answer in answers)
    assert SECRET not in caplog.text
    assert "sha256=abc" not in caplog.text


def test_a_secret_in_the_address_gets_into_no_log_and_no_answer(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [door.post(), door.post(b""), door.post(path=f"/webhooks/nobody/{SECRET}")]
        answers.append(door.client.get(door.path))
    assert SECRET not in caplog.text
    assert not any(SECRET in answer.text for answer in answers)


def test_the_body_is_not_in_the_log_when_the_database_refuses_it(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    engine = door.flows.database.engine
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    try:
        with caplog.at_level(logging.DEBUG):
            answer = door.post(b'{"ticket": {"id": 17, "title": "Very private words"}}')
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))
    assert_comes_back(answer)
    assert "private" not in caplog.text + answer.text
