"""Signing in: the right password only, a rest after five wrong ones, and sign-ins that end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from world import ON_SQLITE, FakeClock, at_once, dump

from plugin.flows.people.sign_in import SignInPeople
from plugin.pages.refusals import NotThere, SignInRefused
from plugin.ports import Refused
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.people import PEOPLE, SIGN_INS
from plugin.views.people import Person, Role

PASSWORD = "correct horse battery"
EMAIL = "mara@halden.example"


class CountingHasher(PasswordHasher):
    """Argon2, as cheap as it can be, that counts how often it had to work."""

    verified = 0

    def verify(self, *args: object, **more: object) -> bool:
        type(self).verified += 1
        return super().verify(*args, **more)  # type: ignore[arg-type]


@pytest.fixture
def people(store: Store, clock: FakeClock) -> SignInPeople:
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    signing_in = SignInPeople(store, clock, hasher)
    signing_in.save(EMAIL, "Mara Lindqvist", Role.LEAD, PASSWORD)
    return signing_in


def try_wrong(people: SignInPeople, times: int = 1, email: str = EMAIL) -> str:
    said = ""
    for _ in range(times):
        with pytest.raises(SignInRefused) as refused:
            people.check(email, "wrong", "10.0.0.1")
        said = refused.value.message
    return said


def check(people: SignInPeople, password: str = PASSWORD) -> Person:
    return people.check(EMAIL, password, "10.0.0.1")


def test_the_right_password_signs_in_whatever_the_case_of_the_address(
    people: SignInPeople,
) -> None:
    person = people.check(" Mara@HALDEN.example", PASSWORD, "10.0.0.1")
    assert (person.name, person.role) == ("Mara Lindqvist", Role.LEAD)


def test_a_password_is_kept_only_as_an_argon2_hash(
    store: Store, clock: FakeClock, database: Database
) -> None:
    SignInPeople(store, clock).save(EMAIL, "Mara", Role.AGENT, PASSWORD)
    with database.read() as connection:
        kept = connection.execute(select(PEOPLE.c.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in str(dump(database))
    assert SignInPeople(store, clock).check(EMAIL, PASSWORD, "").name == "Mara"


@ON_SQLITE
@pytest.mark.parametrize(
    "password", ["", "wrong", PASSWORD + " ", PASSWORD[:-1], PASSWORD.upper(), "\0", "\ud800", "é"]
)
def test_any_other_password_is_refused(people: SignInPeople, password: str) -> None:
    with pytest.raises(SignInRefused, match="do not fit together"):
        check(people, password)


@ON_SQLITE
@pytest.mark.parametrize("email", ["", "nobody@halden.example", "\0", "\ud800", "' OR 1=1 --"])
def test_an_unknown_address_is_refused_in_the_same_words_and_at_the_same_cost(
    people: SignInPeople, email: str
) -> None:
    known = try_wrong(people)
    before = CountingHasher.verified
    with pytest.raises(SignInRefused) as refused:
        people.check(email, "wrong", "10.0.0.1")
    assert refused.value.message == known
    assert CountingHasher.verified == before + 1


@ON_SQLITE
def test_however_often_one_tries_nothing_tells_a_known_address_from_an_unknown_one(
    people: SignInPeople,
) -> None:
    before = CountingHasher.verified
    known = [try_wrong(people) for _ in range(7)]
    worked = CountingHasher.verified - before
    unknown = [try_wrong(people, email="nobody@halden.example") for _ in range(7)]
    assert known == unknown
    assert len({*known}) == 1
    assert (worked, CountingHasher.verified - before) == (7, 14)


def test_after_five_wrong_passwords_even_the_right_one_rests_for_a_quarter_of_an_hour(
    people: SignInPeople, clock: FakeClock
) -> None:
    try_wrong(people, 5)
    with pytest.raises(SignInRefused, match="for 15 minutes"):
        check(people)
    clock.turn(minutes=15, seconds=-1)
    with pytest.raises(SignInRefused):
        check(people)
    clock.turn(seconds=1)
    assert check(people).name == "Mara Lindqvist"


@ON_SQLITE
def test_tries_during_the_rest_do_not_make_it_longer(
    people: SignInPeople, clock: FakeClock
) -> None:
    try_wrong(people, 5)
    for _ in range(14):
        clock.turn(minutes=1)
        try_wrong(people)
    clock.turn(minutes=1)
    assert check(people)


def test_after_the_rest_there_are_five_tries_again(people: SignInPeople, clock: FakeClock) -> None:
    try_wrong(people, 5)
    clock.turn(minutes=15)
    try_wrong(people, 4)
    assert check(people)


def test_the_right_password_makes_the_wrong_ones_forgotten(people: SignInPeople) -> None:
    try_wrong(people, 4)
    check(people)
    try_wrong(people, 4)
    assert check(people)


def test_many_wrong_passwords_at_once_lock_as_well(people: SignInPeople) -> None:
    at_once(8, [partial(try_wrong, people)] * 8)
    with pytest.raises(SignInRefused):
        check(people)


def test_one_persons_wrong_passwords_lock_nobody_else(people: SignInPeople) -> None:
    people.save("jonas@halden.example", "Jonas Weber", Role.AGENT, PASSWORD)
    try_wrong(people, 5)
    assert people.check("jonas@halden.example", PASSWORD, "10.0.0.1").name == "Jonas Weber"


def test_a_sign_in_lasts_half_a_day_and_no_longer(people: SignInPeople, clock: FakeClock) -> None:
    token = people.start(check(people))
    clock.turn(hours=12, seconds=-1)
    assert people.person(token) == check(people)
    clock.turn(seconds=1)
    assert people.person(token) is None


def test_only_a_hash_of_the_token_is_kept(people: SignInPeople, database: Database) -> None:
    token = people.start(check(people))
    with database.read() as connection:
        kept = connection.execute(select(SIGN_INS.c.token_hash)).scalar_one()
    assert len(token) >= 40
    assert token not in str(dump(database))
    assert people.person(kept) is None  # the hash itself opens nothing


def test_each_sign_in_has_a_token_of_its_own_and_signing_out_ends_only_that_one(
    people: SignInPeople,
) -> None:
    tokens = [people.start(check(people)) for _ in range(2)]
    assert tokens[0] != tokens[1]
    people.end(tokens[0])
    people.end(tokens[0])
    assert people.person(tokens[0]) is None
    assert people.person(tokens[1]) is not None


@ON_SQLITE
@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "é" * 10_000])
def test_a_made_up_token_is_nobodys(people: SignInPeople, token: str) -> None:
    people.start(check(people))
    assert people.person(token) is None
    people.end(token)


def test_a_changed_password_ends_every_sign_in_of_that_person_only(people: SignInPeople) -> None:
    people.save("jonas@halden.example", "Jonas Weber", Role.AGENT, PASSWORD)
    mine = people.start(check(people))
    theirs = people.start(people.check("jonas@halden.example", PASSWORD, ""))
    people.save(EMAIL, "Mara Lindqvist", Role.LEAD, "another horse battery")
    assert people.person(mine) is None
    assert people.person(theirs) is not None
    with pytest.raises(SignInRefused):
        check(people)
    assert check(people, "another horse battery")


def test_a_changed_role_counts_at_the_next_page(people: SignInPeople) -> None:
    person = check(people)
    people.save(EMAIL, "Mara Lindqvist", Role.ADMIN, PASSWORD)
    token = people.start(person)
    assert people.person(token) == replace(person, role=Role.ADMIN)


@ON_SQLITE
@pytest.mark.parametrize(
    "email", ["", "not-an-email", "a@b@c", "a b@c.example", "@", "a@", "x" * 250 + "@a.example"]
)
def test_what_is_no_address_cannot_sign_in(people: SignInPeople, email: str) -> None:
    with pytest.raises(ValueError, match="is not an e-mail address"):
        people.save(email, "Mara", Role.LEAD, PASSWORD)


@ON_SQLITE
@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_has_1_to_100_characters(people: SignInPeople, name: str) -> None:
    with pytest.raises(ValueError, match="must have 1 to 100"):
        people.save("ada@halden.example", name, Role.LEAD, PASSWORD)


def test_who_is_removed_is_signed_out_and_cannot_sign_in(people: SignInPeople) -> None:
    token = people.start(check(people))
    assert people.remove("Mara@halden.example") == "Mara Lindqvist"
    assert people.person(token) is None
    with pytest.raises(SignInRefused):
        check(people)
    with pytest.raises(NotThere, match="Nobody signs in as"):
        people.remove(EMAIL)


def test_the_last_admin_is_not_removed(people: SignInPeople) -> None:
    people.save("ada@halden.example", "Ada Byron", Role.ADMIN, PASSWORD)
    with pytest.raises(Refused, match="is the last admin"):
        people.remove("ada@halden.example")
    people.save(EMAIL, "Mara Lindqvist", Role.ADMIN, PASSWORD)
    assert people.remove("ada@halden.example") == "Ada Byron"


@ON_SQLITE
def test_a_short_password_is_not_taken(people: SignInPeople) -> None:
    with pytest.raises(ValueError, match="11 characters; 12 is the least"):
        people.save(EMAIL, "Mara", Role.LEAD, "x" * 11)
    assert check(people)


def test_everyone_is_listed_by_name(people: SignInPeople, store: Store) -> None:
    people.save("ada@halden.example", "Ada Byron", Role.ADMIN, PASSWORD)
    with store.look() as work:
        assert [person.name for person in work.people.everyone()] == [
            "Ada Byron",
            "Mara Lindqvist",
        ]
