"""Ready segments for each of the eleven models, with a few things to choose, for a lead to edit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from routing.conditions.durations import read_duration
from routing.errors import Invalid, Problem
from routing.segments.segment import Model, Persona

Document = dict[str, Any]
"""A condition as the playbook's YAML holds it."""

LONGEST = 60
"""Characters of one word."""

MOST_WORDS = 200
"""Words of one list."""


class Choice(StrEnum):
    """What sort of thing somebody chooses in a template."""

    WORD = "a word"
    WORDS = "a list of words"
    NUMBER = "a number"
    SPAN = "a time like 30 d"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing to choose: how it is asked for, and what it is where nobody chose.

    ``least`` and ``most`` bound a number.
    """

    name: str
    asks: str
    choice: Choice
    default: object
    least: float = 0.0
    most: float = 1e12


@dataclass(frozen=True, slots=True)
class Template:
    """One ready segment. ``wants`` are the fields it asks about.

    ``build`` makes the condition of values that ``fill`` has read. ``persona`` and ``goal`` are
    suggestions.
    """

    name: str
    title: str
    model: Model
    explains: str
    wants: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    build: Callable[[Mapping[str, Any]], Document]
    persona: Persona
    goal: str


def fill(template: Template, values: Mapping[str, object]) -> Document:
    """The template's condition with these values; what is left out is as the template has it.

    Lists may be written as text with commas, as forms send them. Raises Invalid with every
    problem.
    """
    problems = [
        Problem((name,), f"The template “{template.title}” does not ask for {name}.")
        for name in values
        if name not in {one.name for one in template.parameters}
    ]
    read: dict[str, object] = {}
    for parameter in template.parameters:
        try:
            read[parameter.name] = _READERS[parameter.choice](
                parameter, values.get(parameter.name, parameter.default)
            )
        except ValueError as error:
            problems.append(Problem((parameter.name,), str(error)))
    if problems:
        raise Invalid(tuple(problems))
    return template.build(read)


def template(name: str) -> Template:
    """The template of this name. Raises KeyError."""
    return _BY_NAME[name]


def _word(parameter: Parameter, raw: object) -> str:
    _ = parameter
    word = raw.strip() if isinstance(raw, str) else ""
    if not word:
        raise ValueError("Write a word.")
    if len(word) > LONGEST:
        raise ValueError(f"“{word[:20]}…” is longer than {LONGEST} characters.")
    return word


def _words(parameter: Parameter, raw: object) -> list[str]:
    many = re.split(r"[,;|\n]", raw) if isinstance(raw, str) else raw
    if not isinstance(many, list | tuple):
        raise ValueError("Write words with commas between them.")
    words = [_word(parameter, one) for one in many if not isinstance(one, str) or one.strip()]
    if not words:
        raise ValueError("Write at least one word.")
    if len(words) > MOST_WORDS:
        raise ValueError(f"{len(words)} words are too many; {MOST_WORDS} is the most.")
    return list(dict.fromkeys(words))


def _number(parameter: Parameter, raw: object) -> float:
    try:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise TypeError  # ruff: ignore[raise-within-try] — one sentence for all of them
        number = float(raw)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"“{str(raw)[:20]}” is not a number. Write it like 1234.5.") from None
    if not parameter.least <= number <= parameter.most:
        raise ValueError(
            f"{number:,g} is not between {parameter.least:,g} and {parameter.most:,g}."
        )
    return int(number) if number.is_integer() else number


def _span(parameter: Parameter, raw: object) -> str:
    _ = parameter
    read_duration(raw)
    return str(raw).strip()


_READERS: Mapping[Choice, Callable[[Parameter, object], object]] = {
    Choice.WORD: _word,
    Choice.WORDS: _words,
    Choice.NUMBER: _number,
    Choice.SPAN: _span,
}


def _test(field: str, operator: str, operand: object) -> Document:
    return {"field": field, operator: operand}


def _all(*parts: Document) -> Document:
    return {"all": list(parts)}


def _any(*parts: Document) -> Document:
    return {"any": list(parts)}


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="hand-picked",
        title="Hand-picked list",
        model=Model.PREDETERMINED,
        explains="Customers whom somebody has put on a list by hand, such as the VIPs of the "
        "account managers.",
        wants=("customer.lists",),
        parameters=(Parameter("list", "The list's name", Choice.WORD, "VIP"),),
        build=lambda v: _test("customer.lists", "contains", v["list"]),
        persona=Persona(
            tone="Personal; say who looks after it",
            channel="Phone first, then one mail that sums it up",
            goals="One person who knows the whole story",
            challenges="Has explained the same thing to several people",
            offer="A quarterly talk with their account manager",
            avoid="Handing over without a word",
        ),
        goal="CSAT at least 95 %",
    ),
    Template(
        name="age-group",
        title="Age group",
        model=Model.DEMOGRAPHIC,
        explains="People between two ages.",
        wants=("customer.age",),
        parameters=(
            Parameter("from", "Youngest age", Choice.NUMBER, 60, most=130),
            Parameter("to", "Oldest age", Choice.NUMBER, 130, most=130),
        ),
        build=lambda v: _test("customer.age", "between", sorted((v["from"], v["to"]))),
        persona=Persona(
            tone="Unhurried, complete sentences, no jargon",
            channel="Phone or mail",
            goals="To get it done once and be sure of it",
            challenges="Small print, many steps on a small screen",
            offer="A call that goes through it together",
            avoid="Assuming they cannot do it themselves",
        ),
        goal="CSAT at least 90 %",
    ),
    Template(
        name="income-band",
        title="Income band",
        model=Model.DEMOGRAPHIC,
        explains="Households of some size that live on no more than a certain income.",
        wants=("customer.income", "customer.household"),
        parameters=(
            Parameter("income", "Yearly income at most", Choice.NUMBER, 40_000),
            Parameter("household", "People in the household at least", Choice.NUMBER, 3, least=1),
        ),
        build=lambda v: _all(
            _test("customer.income", "at most", v["income"]),
            _test("customer.household", "at least", v["household"]),
        ),
        persona=Persona(
            tone="Plain about what it costs, before they ask",
            channel="Mail",
            goals="To know the price of every choice",
            challenges="No room for a bill they did not expect",
            offer="Payment by the month, the family plan",
            avoid="Up-sell",
        ),
        goal="Reopened at most 8 %",
    ),
    Template(
        name="country",
        title="Countries",
        model=Model.GEOGRAPHIC,
        explains="Customers in these countries.",
        wants=("customer.country",),
        parameters=(Parameter("countries", "Country codes", Choice.WORDS, ("DE", "AT", "CH")),),
        build=lambda v: _test("customer.country", "is any of", v["countries"]),
        persona=Persona(
            tone="Polite form of address",
            channel="Mail, chat in local working hours",
            goals="Answers that fit the law and habits of their country",
            challenges="Help pages written for somewhere else",
            offer="Local payment, local holidays, local documents",
            avoid="Screenshots in another language",
        ),
        goal="CSAT at least 90 %",
    ),
    Template(
        name="region-and-language",
        title="Region and language",
        model=Model.GEOGRAPHIC,
        explains="Customers in these regions who speak this language.",
        wants=("customer.region", "customer.language"),
        parameters=(
            Parameter("regions", "Regions", Choice.WORDS, ("EMEA",)),
            Parameter("language", "Language code", Choice.WORD, "fr"),
        ),
        build=lambda v: _all(
            _test("customer.region", "is any of", v["regions"]),
            _test("customer.language", "is", v["language"]),
        ),
        persona=Persona(
            tone="In their language from the first word",
            channel="Mail; mind the time zone",
            goals="Not to have to translate their own problem",
            challenges="Half of the product speaks another language",
            offer="The help pages in their language",
            avoid="A reply in another language than theirs",
        ),
        goal="Median resolution at most 10 h",
    ),
    Template(
        name="large-companies",
        title="Large companies",
        model=Model.FIRMOGRAPHIC,
        explains="Companies with at least so many employees, on one of these plans.",
        wants=("account.employees", "customer.plan"),
        parameters=(
            Parameter("employees", "Employees at least", Choice.NUMBER, 500, least=1),
            Parameter("plans", "Plans", Choice.WORDS, ("Business", "Enterprise")),
        ),
        build=lambda v: _all(
            _test("account.employees", "at least", v["employees"]),
            _test("customer.plan", "is any of", v["plans"]),
        ),
        persona=Persona(
            tone="Brief and exact, formal address",
            channel="Mail; call if blocked for over an hour",
            goals="Hundreds of people who need not think about the product",
            challenges="Several departments, change windows, purchase orders",
            offer="A review with an engineer before the renewal",
            avoid="Trying things out on their live data",
        ),
        goal="CSAT at least 90 %, first reply at most 2 h",
    ),
    Template(
        name="industry",
        title="Industries",
        model=Model.FIRMOGRAPHIC,
        explains="Companies of these industries that sell to other companies.",
        wants=("account.industry", "account.b2b"),
        parameters=(
            Parameter("industries", "Industries", Choice.WORDS, ("Logistics", "Machinery")),
        ),
        build=lambda v: _all(
            _test("account.industry", "is any of", v["industries"]),
            _test("account.b2b", "is", True),  # ruff: ignore[boolean-positional-value-in-call] — the operand
        ),
        persona=Persona(
            tone="Matter of fact; name the effect on their own customers",
            channel="Mail, with the order number in the subject",
            goals="Their own deliveries on time",
            challenges="One stopped step stops the next company",
            offer="Examples from their industry",
            avoid="Examples from shops for consumers",
        ),
        goal="Median resolution at most 8 h",
    ),
    Template(
        name="devices",
        title="Devices",
        model=Model.TECHNOGRAPHIC,
        explains="Customers who use one of these devices or systems.",
        wants=("customer.devices",),
        parameters=(Parameter("devices", "Devices", Choice.WORDS, ("iOS", "Android")),),
        build=lambda v: _test("customer.devices", "contains any of", v["devices"]),
        persona=Persona(
            tone="Short, in the order of the steps",
            channel="Chat",
            goals="To go on where they are, on the device in their hand",
            challenges="Steps that only fit another device",
            offer="The app's newest version",
            avoid="Instructions for a desktop",
        ),
        goal="First reply at most 1 h",
    ),
    Template(
        name="integrations",
        title="Integrations of a plan",
        model=Model.TECHNOGRAPHIC,
        explains="Customers who have connected all of these integrations.",
        wants=("customer.integrations",),
        parameters=(Parameter("integrations", "Integrations", Choice.WORDS, ("API",)),),
        build=lambda v: _test("customer.integrations", "contains all of", v["integrations"]),
        persona=Persona(
            tone="Technical; quote the call and its answer",
            channel="Mail",
            goals="An interface that behaves tomorrow as it does today",
            challenges="Changes nobody announced",
            offer="The change log by mail, a test account",
            avoid="“Have you tried another browser”",
        ),
        goal="Median resolution at most 1 d",
    ),
    Template(
        name="frequent-buyers",
        title="Frequent buyers",
        model=Model.BEHAVIOURAL,
        explains="Customers with many orders, the last of them not long ago.",
        wants=("customer.orders", "customer.last_order"),
        parameters=(
            Parameter("orders", "Orders at least", Choice.NUMBER, 10, least=1),
            Parameter("within", "Last order within the last", Choice.SPAN, "90 d"),
        ),
        build=lambda v: _all(
            _test("customer.orders", "at least", v["orders"]),
            _test("customer.last_order", "within the last", v["within"]),
        ),
        persona=Persona(
            tone="Quick and to the point",
            channel="Mail",
            goals="The same again, with less typing",
            challenges="The same small thing a hundred times",
            offer="Saved orders, invoices once a month",
            avoid="Questions whose answers stand in their history",
        ),
        goal="CSAT at least 88 %",
    ),
    Template(
        name="cart-abandoned",
        title="Cart abandoned",
        model=Model.BEHAVIOURAL,
        explains="Customers who filled a cart lately and did not buy.",
        wants=("customer.cart_abandoned",),
        parameters=(Parameter("within", "Left within the last", Choice.SPAN, "14 d"),),
        build=lambda v: _test("customer.cart_abandoned", "within the last", v["within"]),
        persona=Persona(
            tone="Helpful, one question at a time",
            channel="Chat while they are on the page",
            goals="The one answer they miss before they pay",
            challenges="Delivery cost, payment, size",
            offer="Free delivery for what is in the cart",
            avoid="Asking why they did not buy",
        ),
        goal="First reply at most 15 min",
    ),
    Template(
        name="top-of-revenue",
        title="Top of the revenue",
        model=Model.VALUE_BASED,
        explains="The share of customers who bring most; often a fifth of them brings four fifths "
        "of the revenue.",
        wants=("customer.revenue_rank",),
        parameters=(
            Parameter("share", "Share of customers, in %", Choice.NUMBER, 20, least=0.1, most=100),
        ),
        build=lambda v: _test("customer.revenue_rank", "at most", v["share"]),
        persona=Persona(
            tone="Calm and certain, with a time you can keep",
            channel="Mail; offer a call",
            goals="To grow without changing the product",
            challenges="Limits they meet without notice",
            offer="The next plan, before they outgrow this one",
            avoid="Pointing to limits they have already paid for",
        ),
        goal="CSAT at least 90 %, reopened at most 5 %",
    ),
    Template(
        name="rfm-class",
        title="RFM classes",
        model=Model.VALUE_BASED,
        explains="Customers of these classes by how lately, how often and for how much they "
        "bought.",
        wants=("customer.rfm",),
        parameters=(
            Parameter("classes", "RFM classes", Choice.WORDS, ("champions", "cannot lose")),
        ),
        build=lambda v: _test("customer.rfm", "is any of", v["classes"]),
        persona=Persona(
            tone="Warm; show that you know them",
            channel="The one they used last",
            goals="To be treated as the good customer they are",
            challenges="Nobody noticed that they came less often",
            offer="Early access, a price that holds",
            avoid="A coupon for new customers",
        ),
        goal="CSAT at least 92 %",
    ),
    Template(
        name="service-need",
        title="Service needs",
        model=Model.NEEDS_BASED,
        explains="Customers who need or are entitled to a service, such as onsite help, "
        "compliance or accessibility.",
        wants=("customer.needs", "customer.entitlements"),
        parameters=(
            Parameter("needs", "Needs", Choice.WORDS, ("onsite", "compliance", "accessibility")),
        ),
        build=lambda v: _any(
            _test("customer.needs", "contains any of", v["needs"]),
            _test("customer.entitlements", "contains any of", v["needs"]),
        ),
        persona=Persona(
            tone="Complete; name the document and its date",
            channel="Mail, so that it can be filed",
            goals="What was agreed, without asking twice",
            challenges="Each new agent learns of the need anew",
            offer="A named contact for this need",
            avoid="Guesses, and the word “probably”",
        ),
        goal="First reply at most 4 h",
    ),
    Template(
        name="product-need",
        title="Product needs",
        model=Model.NEEDS_BASED,
        explains="Customers who use one of these features or have asked about one of these topics.",
        wants=("customer.features", "customer.topics"),
        parameters=(
            Parameter("features", "Features", Choice.WORDS, ("reports", "exports")),
            Parameter("topics", "Topics asked about", Choice.WORDS, ("reports",)),
        ),
        build=lambda v: _any(
            _test("customer.features", "contains any of", v["features"]),
            _test("customer.topics", "contains any of", v["topics"]),
        ),
        persona=Persona(
            tone="Practical, with an example they can copy",
            channel="Mail",
            goals="One job done, again and again",
            challenges="The feature does nearly what they need",
            offer="The plan in which the feature is whole",
            avoid="A tour of everything else",
        ),
        goal="One-touch at least 60 %",
    ),
    Template(
        name="tone",
        title="Tone and attitude",
        model=Model.PSYCHOGRAPHIC,
        explains="Customers who said, or were noted, to like a certain tone or to hold a certain "
        "attitude.",
        wants=("customer.tone", "customer.attitude"),
        parameters=(
            Parameter("tones", "Preferred tones", Choice.WORDS, ("short",)),
            Parameter("attitudes", "Attitudes", Choice.WORDS, ("wants it short",)),
        ),
        build=lambda v: _any(
            _test("customer.tone", "is any of", v["tones"]),
            _test("customer.attitude", "is any of", v["attitudes"]),
        ),
        persona=Persona(
            tone="Three sentences: what it was, what you did, what is left",
            channel="Mail",
            goals="An answer that fits on a phone's first screen",
            challenges="Reads between two customers",
            offer="Nothing unless they ask",
            avoid="Introductions and background",
        ),
        goal="CSAT at least 88 %",
    ),
    Template(
        name="values",
        title="Values",
        model=Model.PSYCHOGRAPHIC,
        explains="Customers to whom one of these things matters, by their own words.",
        wants=("customer.values",),
        parameters=(Parameter("values", "Values", Choice.WORDS, ("privacy", "sustainability")),),
        build=lambda v: _test("customer.values", "contains any of", v["values"]),
        persona=Persona(
            tone="Open; say what is known and what is not",
            channel="Mail",
            goals="To be able to stand by what they buy",
            challenges="Claims without proof",
            offer="The report behind the claim",
            avoid="Slogans",
        ),
        goal="CSAT at least 88 %",
    ),
    Template(
        name="stage",
        title="Stage of the journey",
        model=Model.JOURNEY,
        explains="Customers at these stages: visitor, trial, onboarding, active, at risk, churned "
        "or loyal.",
        wants=("customer.stage",),
        parameters=(Parameter("stages", "Stages", Choice.WORDS, ("trial", "onboarding")),),
        build=lambda v: _test("customer.stage", "is any of", v["stages"]),
        persona=Persona(
            tone="Friendly, one step at a time",
            channel="Chat or mail, within the hour",
            goals="The first thing done that they came for",
            challenges="Everything is new",
            offer="Half an hour of help with moving over",
            avoid="Five links at once",
        ),
        goal="First reply at most 1 h",
    ),
    Template(
        name="renewal-ahead",
        title="Renewal ahead",
        model=Model.JOURNEY,
        explains="Customers whose contract is renewed soon, and who have not been seen for some "
        "time or are at risk.",
        wants=("customer.renewal", "customer.last_seen", "customer.stage"),
        parameters=(
            Parameter("ahead", "Renewal within the next", Choice.SPAN, "60 d"),
            Parameter("unseen", "Not seen for", Choice.SPAN, "30 d"),
        ),
        build=lambda v: _all(
            _test("customer.renewal", "within the next", v["ahead"]),
            _any(
                _test("customer.last_seen", "older than", v["unseen"]),
                _test("customer.stage", "is", "at risk"),
            ),
        ),
        persona=Persona(
            tone="Warm and plain; own mistakes",
            channel="Mail, then a call from the same person",
            goals="To be heard once, and see it change",
            challenges="Doubts that nobody has asked about",
            offer="A price that holds for a year",
            avoid="Up-sell, and closing without an answer",
        ),
        goal="CSAT at least 85 %",
    ),
    Template(
        name="found-in-the-data",
        title="Found in the data: late payers",
        model=Model.DATA_DRIVEN,
        explains="A rule as `deskroute segments find` writes it for a group it found, with its "
        "two borders to move.",
        wants=("customer.days_to_pay", "customer.orders"),
        parameters=(
            Parameter("days", "Days to pay more than", Choice.NUMBER, 34),
            Parameter("orders", "Orders at most", Choice.NUMBER, 6),
        ),
        build=lambda v: _all(
            _test("customer.days_to_pay", "more than", v["days"]),
            _test("customer.orders", "at most", v["orders"]),
        ),
        persona=Persona(
            tone="Factual and kind",
            channel="Mail with the amount and the date in the first line",
            goals="To pay without a surprise",
            challenges="Their own customers pay late",
            offer="Payment by the month",
            avoid="Threats",
        ),
        goal="Reopened at most 8 %",
    ),
)
"""Every template, in the order of the models."""

_BY_NAME = {one.name: one for one in TEMPLATES}
