"""The invented customers of Halden Books, as a customer source would hand them over."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random

from plugin.demo.samples.dice import around, dice, weighted
from plugin.demo.samples.habits import HABIT_FIELDS, habits, standing
from plugin.demo.samples.material import Country, names

TODAY = date(2026, 11, 20)
"""The day the customers' dates are counted back from, unless another one is given."""

FIELDS = (
    "customer.name",
    "customer.country",
    "customer.city",
    "customer.language",
    "customer.plan",
    "customer.birth_year",
    "customer.profession",
    "customer.lists",
    "customer.orders",
    "customer.revenue_12m",
    "customer.lifetime_value",
    "customer.devices",
    "customer.integrations",
    "customer.entitlements",
    "customer.attitude",
    "customer.stage",
    "customer.signed_up",
    "customer.last_seen",
    "customer.renewal",
    "customer.owner",
    "customer.seats",
    "customer.days_to_pay",
    "account.name",
    "account.industry",
    "account.employees",
    "account.revenue",
    "account.arr",
    "account.domain",
    *HABIT_FIELDS,
)
"""Every field a customer can have: built-in ones, and the one the sample playbook declares."""


class Kind(StrEnum):
    """What sort of customer somebody is; it decides what they know, buy and write about."""

    ENTERPRISE = "enterprise"
    REGULATED = "regulated"
    FIRM = "firm"
    PRACTICE = "practice"
    SHOP = "shop"
    TRIAL = "trial"
    SOLO = "solo"
    VISITOR = "visitor"


class Group(StrEnum):
    """Whom the support team treats alike; it decides how fast and how well a ticket goes."""

    VIP = "vip"
    ENTERPRISE = "enterprise"
    REGULATED = "regulated"
    AT_RISK = "at risk"
    PRACTICE = "practice"
    TRIAL = "trial"
    DACH = "dach"
    SOUTH = "south"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SampleCustomer:
    """One customer. ``facts`` are by field name, as a CSV holds them; what is left out is unknown.

    ``language`` is what they write in (ISO 639-1), ``since`` the day they came, known or not.
    ``kind`` and ``group`` are the generator's own and are in no file.
    """

    id: str
    name: str
    email: str
    facts: Mapping[str, str]
    language: str
    since: date
    kind: Kind
    group: Group


_SHARES = {
    Kind.ENTERPRISE: 0.07,
    Kind.REGULATED: 0.06,
    Kind.FIRM: 0.09,
    Kind.PRACTICE: 0.06,
    Kind.SHOP: 0.47,
    Kind.TRIAL: 0.10,
    Kind.SOLO: 0.12,
    Kind.VISITOR: 0.03,
}
_VIP_SHARE = 0.045
_LOSING = 0.18
_COLLEAGUES = {Kind.ENTERPRISE: 4, Kind.REGULATED: 2, Kind.FIRM: 2}
_OWNERS = ("Ines Moreau", "Priya Raman", "Samuel Okoro")

# How often a fact is unknown, as nobody's records are complete.
_GAPS = {
    "customer.country": 0.02,
    "customer.city": 0.2,
    "customer.language": 0.12,
    "customer.plan": 0.03,
    "customer.birth_year": 0.55,
    "customer.orders": 0.04,
    "customer.revenue_12m": 0.06,
    "customer.lifetime_value": 0.06,
    "customer.devices": 0.15,
    "customer.integrations": 0.2,
    "customer.attitude": 0.6,
    "customer.stage": 0.03,
    "customer.signed_up": 0.02,
    "customer.last_seen": 0.07,
    "customer.renewal": 0.12,
    "customer.days_to_pay": 0.1,
    "customer.seats": 0.08,
    "account.industry": 0.08,
    "account.employees": 0.05,
    "account.revenue": 0.35,
}


def customers(seed: int, count: int = 600, *, today: date = TODAY) -> tuple[SampleCustomer, ...]:
    """``count`` customers in the order of their ids; dates are counted back from ``today``."""
    rng = dice(seed, "customers")
    maker = _Maker(rng, today)
    made = [maker.make(kind) for kind in _kinds(rng, count)]
    vips = set(rng.sample(range(count), round(_VIP_SHARE * count)))
    finished = [
        _finished(rng, customer, number, vip=number in vips) for number, customer in enumerate(made)
    ]
    return tuple(_with_habits(dice(seed, "habits"), finished, today))


def _with_habits(
    rng: Random, people: Sequence[SampleCustomer], today: date
) -> Iterator[SampleCustomer]:
    """The same people with what they do and like, and how they stand next to each other."""
    told = [{**one.facts, **habits(rng, one.kind, one.facts, today)} for one in people]
    for one, facts, more in zip(people, told, standing(told, today), strict=True):
        whole = facts | more
        yield replace(one, facts={name: whole[name] for name in FIELDS if whole.get(name)})


def write_customers_csv(path: Path, people: Sequence[SampleCustomer]) -> None:
    """Write the customers as UTF-8 CSV: id, email and a column per field name.

    An empty cell is unknown; several words in one cell are joined by ``|``.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "email", *FIELDS))
        for one in people:
            cells = (one.facts.get(field, "") for field in FIELDS)
            writer.writerow((one.id, one.email, *cells))


def strangers(rng: Random, known: Sequence[SampleCustomer]) -> Iterator[SampleCustomer]:
    """People no customer source knows, without end and without facts; never a known address."""
    taken = {customer.email for customer in known}
    maker = _Maker(rng, TODAY)
    while True:
        one = maker.make(Kind.SOLO)
        if one.email not in taken:
            yield replace(one, facts={}, group=Group.OTHER)


def _kinds(rng: Random, count: int) -> list[Kind]:
    """Kinds in exact shares, shuffled; rounding falls to the shops."""
    kinds = [kind for kind, share in _SHARES.items() for _ in range(int(share * count))]
    kinds.extend([Kind.SHOP] * (count - len(kinds)))
    rng.shuffle(kinds)
    return kinds


def _finished(rng: Random, one: SampleCustomer, number: int, *, vip: bool) -> SampleCustomer:
    facts = dict(one.facts)
    if vip:
        facts["customer.lists"] = "|".join(filter(None, (facts.get("customer.lists"), "VIP 2026")))
    group = _group(one, facts, vip=vip)
    known = {
        field: facts[field]
        for field in FIELDS
        if facts.get(field) and rng.random() >= _GAPS.get(field, 0.0)
    }
    return replace(one, id=f"C{number + 1001}", facts=known, group=group)


def _group(one: SampleCustomer, facts: Mapping[str, str], *, vip: bool) -> Group:
    small = int(facts.get("account.employees", "99")) < 10
    country = facts.get("customer.country")
    chosen = (
        (vip, Group.VIP),
        (one.kind is Kind.ENTERPRISE, Group.ENTERPRISE),
        (one.kind is Kind.REGULATED, Group.REGULATED),
        (facts.get("customer.stage") == "at risk", Group.AT_RISK),
        (one.kind is Kind.PRACTICE, Group.PRACTICE),
        (one.kind is Kind.TRIAL, Group.TRIAL),
        (small and country in {"DE", "AT", "CH"}, Group.DACH),
        (small and country in {"FR", "ES"}, Group.SOUTH),
    )
    return next((group for fits, group in chosen if fits), Group.OTHER)


class _Maker:
    """Makes customers one after the other; colleagues share the account of the one before."""

    def __init__(self, rng: Random, today: date) -> None:
        self.rng = rng
        self.today = today
        self.emails: set[str] = set()
        self.domains: set[str] = set()
        self.open_accounts: dict[Kind, tuple[int, Country, dict[str, str]]] = {}

    def make(self, kind: Kind) -> SampleCustomer:
        country, account = self._account(kind)
        given = self.rng.choice(names().given[country.culture])
        family = self.rng.choice(names().family[country.culture])
        if kind in {Kind.SHOP, Kind.PRACTICE, Kind.TRIAL}:
            account = self._small_account(kind, country, given, family)
        language = weighted(self.rng, country.languages)
        since = self._since(kind)
        name = f"{given} {family}"
        facts = {
            "customer.name": name,
            "customer.country": country.code,
            "customer.city": self.rng.choice(country.cities),
            "customer.language": language,
            "customer.signed_up": since.isoformat(),
            **account,
            **self._personal(),
            **self._dealings(kind, since, account),
        }
        return SampleCustomer(
            id="",
            name=name,
            email=self._email(
                given, family, account.get("account.domain") or names().hosts[country.speech]
            ),
            facts=facts,
            language=language,
            since=since,
            kind=kind,
            group=Group.OTHER,
        )

    def _country(self) -> Country:
        shares = {code: country.share for code, country in names().countries.items()}
        return names().countries[weighted(self.rng, shares)]

    def _account(self, kind: Kind) -> tuple[Country, dict[str, str]]:
        """The open account of this kind while it has places left, else a new one."""
        if kind not in _COLLEAGUES:
            return self._country(), {}
        left, country, account = self.open_accounts.get(kind, (0, self._country(), {}))
        if left == 0:
            left = self.rng.randint(1, _COLLEAGUES[kind])
            country = self._country()
            account = self._large_account(kind, country)
        self.open_accounts[kind] = (left - 1, country, account)
        return country, account

    def _large_account(self, kind: Kind, country: Country) -> dict[str, str]:
        regulated = ("Banking", "Insurance", "Health")
        sectors = [one for one in names().sectors if (one in regulated) is (kind is Kind.REGULATED)]
        industry = self.rng.choice(sectors)
        stem = self.rng.choice(names().stems)
        employees = {
            Kind.ENTERPRISE: max(510, round(around(self.rng, 1400, 0.7))),
            Kind.REGULATED: min(450, max(15, round(around(self.rng, 110, 0.7)))),
            Kind.FIRM: min(450, max(10, round(around(self.rng, 60, 0.8)))),
        }[kind]
        price = 26 if kind is Kind.ENTERPRISE else 95
        return {
            "account.name": f"{stem} {names().sectors[industry]} {country.form}",
            "account.industry": industry,
            "account.employees": str(employees),
            "account.revenue": str(1000 * round(employees * around(self.rng, 140, 0.4))),
            "account.arr": str(round(employees * around(self.rng, price, 0.35))),
            "account.domain": self._domain(f"{stem} {names().sectors[industry]}"),
        }

    def _small_account(
        self, kind: Kind, country: Country, given: str, family: str
    ) -> dict[str, str]:
        own = self.rng.random() < 0.6 or kind is Kind.PRACTICE
        if kind is Kind.PRACTICE:
            pattern, trade = self.rng.choice(names().practices[country.speech]), "Tax advice"
            employees = self.rng.randint(2, 38)
        else:
            pattern, trade = self.rng.choice([*names().shops[country.speech].items()])
            employees = self.rng.randint(1, 9)
        name = pattern.format(given=given, family=family)
        return {
            "account.name": name,
            "account.industry": trade,
            "account.employees": str(employees),
            "account.domain": self._domain(name) if own else "",
        }

    def _domain(self, name: str) -> str:
        slug = _slug(name)
        number = 1
        while (domain := f"{slug}{number if number > 1 else ''}.example") in self.domains:
            number += 1
        self.domains.add(domain)
        return domain

    def _email(self, given: str, family: str, domain: str) -> str:
        person = f"{_slug(given)}.{_slug(family)}"
        number = 1
        while (email := f"{person}{number if number > 1 else ''}@{domain}") in self.emails:
            number += 1
        self.emails.add(email)
        return email

    def _since(self, kind: Kind) -> date:
        if kind in {Kind.TRIAL, Kind.VISITOR}:
            return self._days_ago(self.rng.randint(1, 85))
        return self._days_ago(min(3600, 100 + round(around(self.rng, 800, 0.8))))

    def _days_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def _personal(self) -> dict[str, str]:
        attitudes = {"wants it short": 24, "likes detail": 22, "price first": 26, "loyal": 28}
        lists = {"": 55, "Newsletter": 25, "Webinar": 10, "Newsletter|Beta": 10}
        return {
            "customer.birth_year": str(round(self.rng.triangular(1953, 2004, 1980))),
            "customer.attitude": weighted(self.rng, attitudes),
            "customer.lists": weighted(self.rng, lists),
        }

    def _dealings(self, kind: Kind, since: date, account: Mapping[str, str]) -> dict[str, str]:
        """What somebody has bought, uses and does, as it fits their kind."""
        if kind is Kind.VISITOR:
            return {"customer.stage": "visitor"}
        late = self.rng.random() < 0.2
        seen = self._days_ago(min(400, round(around(self.rng, 2, 1.2))))
        facts = {
            "customer.plan": weighted(self.rng, _PLANS[kind]),
            "customer.profession": weighted(self.rng, _PROFESSIONS[kind]),
            "customer.devices": self._some(_DEVICES.get(kind, _DEVICES[Kind.FIRM])),
            "customer.integrations": self._some(_INTEGRATIONS.get(kind, _INTEGRATIONS[Kind.SHOP])),
            "customer.entitlements": self._some(_ENTITLEMENTS.get(kind, {})),
            "customer.last_seen": max(seen, since).isoformat(),
            "customer.days_to_pay": str(max(1, round(around(self.rng, 46 if late else 13, 0.45)))),
            "customer.owner": self.rng.choice(_OWNERS) if "account.arr" in account else "",
        }
        if kind is Kind.TRIAL:
            facts.pop("customer.days_to_pay")
            return facts | {
                "customer.stage": "trial",
                "customer.orders": "0",
                "customer.revenue_12m": "0",
                "customer.seats": str(self.rng.randint(1, 3)),
            }
        return facts | self._money(kind, since, account)

    def _money(self, kind: Kind, since: date, account: Mapping[str, str]) -> dict[str, str]:
        years = (self.today - since).days / 365
        arr = float(account.get("account.arr", 0))
        revenue = arr or around(self.rng, {Kind.PRACTICE: 1300, Kind.SOLO: 160}.get(kind, 420), 0.6)
        employees = int(account.get("account.employees", 1))
        renewal = self.today + timedelta(days=self.rng.randint(3, 362))
        value = revenue * max(0.4, years * 0.85)
        orders = round(around(self.rng, 11, 0.9))
        stages = {"active": 64, "loyal": 15, "onboarding": 4, "churned": 4}
        if kind in {Kind.ENTERPRISE, Kind.REGULATED}:
            stages = {"active": 78, "loyal": 22}
        stage = weighted(self.rng, stages)
        if (value >= 1000 or orders >= 20) and self.rng.random() < _LOSING:
            stage = "at risk"
        return {
            "customer.stage": stage,
            "customer.orders": str(orders),
            "customer.revenue_12m": f"{revenue:.2f}",
            "customer.lifetime_value": f"{value:.2f}",
            "customer.renewal": renewal.isoformat(),
            "customer.seats": str(max(1, round(employees * self.rng.uniform(0.1, 0.4)))),
        }

    def _some(self, chances: Mapping[str, float]) -> str:
        return "|".join(word for word, chance in chances.items() if self.rng.random() < chance)


_PLANS: dict[Kind, dict[str, float]] = {
    Kind.ENTERPRISE: {"Enterprise": 70, "Business": 30},
    Kind.REGULATED: {"Business": 100},
    Kind.FIRM: {"Business": 55, "Team": 45},
    Kind.PRACTICE: {"Practice": 100},
    Kind.SHOP: {"Starter": 35, "Shop": 45, "Shop Plus": 20},
    Kind.TRIAL: {"Trial": 100},
    Kind.SOLO: {"Solo": 70, "Starter": 30},
}
_OFFICE = {"Head of accounts": 35.0, "Controller": 30.0, "IT manager": 35.0}
_PROFESSIONS: dict[Kind, dict[str, float]] = {
    Kind.ENTERPRISE: _OFFICE,
    Kind.REGULATED: _OFFICE,
    Kind.FIRM: _OFFICE | {"Bookkeeper": 12},
    Kind.PRACTICE: {"Tax adviser": 65, "Bookkeeper": 28, "": 7},
    Kind.SHOP: {"Shopkeeper": 60, "": 40},
    Kind.TRIAL: {"Shopkeeper": 40, "": 60},
    Kind.SOLO: {"Designer": 20, "Translator": 20, "Photographer": 20, "Joiner": 15, "": 25},
}
_DEVICES: dict[Kind, dict[str, float]] = {
    Kind.SHOP: {"Windows": 0.55, "iOS": 0.4, "Android": 0.4, "Card reader": 0.36},
    Kind.TRIAL: {"Windows": 0.5, "iOS": 0.45, "Android": 0.4, "Card reader": 0.15},
    Kind.SOLO: {"macOS": 0.5, "Windows": 0.4, "iOS": 0.6, "Android": 0.3},
    Kind.FIRM: {"Windows": 0.9, "macOS": 0.25, "iOS": 0.3},
}
_INTEGRATIONS: dict[Kind, dict[str, float]] = {
    Kind.ENTERPRISE: {"Single sign-on": 0.8, "API": 0.6, "Warehouse": 0.4},
    Kind.REGULATED: {"Single sign-on": 0.5, "API": 0.3},
    Kind.FIRM: {"API": 0.4, "Web shop": 0.3},
    Kind.PRACTICE: {"Adviser portal": 0.9},
    Kind.SHOP: {"Web shop": 0.45, "Till": 0.4},
}
_ENTITLEMENTS: dict[Kind, dict[str, float]] = {
    Kind.ENTERPRISE: {"Priority line": 0.8, "Signed DPA": 0.35, "Onsite": 0.2},
    Kind.REGULATED: {"Signed DPA": 0.8, "Priority line": 0.2},
    Kind.FIRM: {"Priority line": 0.2, "Signed DPA": 0.1},
    Kind.PRACTICE: {"Priority line": 0.3},
}


def _slug(name: str) -> str:
    spelled = name.casefold()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "o")):
        spelled = spelled.replace(letter, plain)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())
