"""What customers and agents write: sentences of the right language put together into messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from plugin.demo.samples.dice import weighted
from plugin.demo.samples.material import LANGUAGES, Topic, names, texts, topics
from plugin.demo.samples.people import SampleCustomer

OTHER_LANGUAGE = 0.06
"""Share of messages in another language than the customer's own."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A first message: its topic's name, its language (ISO 639-1), and the words."""

    topic: str
    language: str
    subject: str
    text: str


def choose_topic(rng: Random, customer: SampleCustomer, boost: Mapping[str, float]) -> Topic:
    """A topic this customer could write about; ``boost`` multiplies the weight of some."""
    weights = {
        topic.name: topic.weight_for(customer.kind) * boost.get(topic.name, 1.0)
        for topic in topics()
    }
    chosen = weighted(rng, weights)
    return next(topic for topic in topics() if topic.name == chosen)


def choose_language(rng: Random, customer: SampleCustomer) -> str:
    """The customer's language, or now and then another one."""
    if rng.random() < OTHER_LANGUAGE:
        return rng.choice([one for one in LANGUAGES if one != customer.language])
    return customer.language


def write_letter(rng: Random, customer: SampleCustomer, topic: Topic, language: str) -> Letter:
    """A first message about a topic: a subject under 90 characters and 20 to 120 words."""
    words = texts(language)
    about = words.topics[topic.name]
    fault = words.contexts["fault"] if topic.area in {"technical", "till"} else ()
    slots = _slots(rng, customer, language)
    sentences = [
        *_sometimes(rng, words.openers, 0.2),
        rng.choice(about.what),
        rng.choice(about.detail),
        *_sometimes(rng, (*fault, *words.contexts["any"]), 0.5),
    ]
    closing = rng.choice(words.closings[topic.mood])
    given = customer.name.split()[0]
    signature = given if topic.mood == "warm" and rng.random() < 0.6 else customer.name
    parts = (rng.choice(words.greetings), " ".join(sentences), f"{closing}\n{signature}")
    return Letter(
        topic=topic.name,
        language=language,
        subject=rng.choice(about.subjects).format(**slots),
        text="\n\n".join(part for part in parts if part).format(**slots),
    )


def write_answer(rng: Random, letter: Letter, customer_name: str, agent: str) -> str:
    """What an agent answers to a letter, in its language."""
    words = texts(letter.language)
    area = next(topic.area for topic in topics() if topic.name == letter.topic)
    salutation = words.salutation.format(name=customer_name)
    answer = rng.choice(words.answers[area])
    return f"{salutation}\n\n{answer}\n\n{rng.choice(words.farewells)}\n{agent}"


def write_return(rng: Random, language: str, customer_name: str, *, solved: bool) -> str:
    """What a customer writes after an answer: thanks, or that it is not solved."""
    words = texts(language)
    line = rng.choice(words.returns["solved" if solved else "unsolved"])
    colleague = rng.choice(names().colleagues[language])
    return f"{line.format(colleague=colleague)}\n\n{customer_name}"


def write_comment(rng: Random, language: str, score: int) -> str:
    """What a customer writes beside a rating of 1 to 5."""
    mood = "good" if score >= 4 else "fair" if score == 3 else "bad"
    return rng.choice(texts(language).comments[mood])


def _sometimes(rng: Random, lines: Sequence[str], share: float) -> list[str]:
    return [rng.choice(lines)] if rng.random() < share else []


def _slots(rng: Random, customer: SampleCustomer, language: str) -> dict[str, str]:
    words = texts(language)
    return {
        "bank": rng.choice(words.banks),
        "client": rng.choice(words.clients),
        "tool": rng.choice(words.tools),
        "month": rng.choice(words.months),
        "weekday": rng.choice(words.weekdays),
        "colleague": rng.choice(names().colleagues[language]),
        "company": customer.facts.get("account.name", words.own_company),
        "invoice": f"R-{rng.randint(1000, 9899)}",
        "amount": _amount(rng, language),
        "days": str(rng.randint(3, 9)),
        "count": str(rng.randint(14, 480)),
    }


def _amount(rng: Random, language: str) -> str:
    cents = round(rng.lognormvariate(5.6, 1.0), 2)
    english = f"{cents:,.2f}"
    if language == "en":
        return f"€{english}"
    thousands = " " if language == "fr" else "."
    return english.translate(str.maketrans(",.", f"{thousands},")) + " €"
