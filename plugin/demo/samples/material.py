"""The written material of the samples: topics, texts by language, names; read once from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.yaml_text import read_yaml

LANGUAGES = ("en", "de", "fr", "es")
"""The languages customers write in, as ISO 639-1 codes."""

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """What a customer can write about.

    ``route`` is technical, compliance, leaving, till, start or none; ``mood`` calm, urgent, upset
    or warm. ``weight`` is how often each kind of customer writes about it, ``all`` the others.
    """

    name: str
    area: str
    route: str
    mood: str
    weight: Mapping[str, float]

    def weight_for(self, kind: str) -> float:
        """How often customers of this kind write about it, relative to other topics."""
        return self.weight.get(kind, self.weight["all"])


@dataclass(frozen=True, slots=True)
class TopicTexts:
    """One topic in one language; a message is one of ``what`` and one of ``detail``."""

    subjects: Lines
    what: Lines
    detail: Lines


@dataclass(frozen=True, slots=True)
class Texts:
    """All sentences of one language. Words in braces are slots that a letter fills in."""

    language: str
    months: Lines
    weekdays: Lines
    own_company: str
    banks: Lines
    tools: Lines
    clients: Lines
    greetings: Lines
    openers: Lines
    contexts: Mapping[str, Lines]
    salutation: str
    farewells: Lines
    closings: Mapping[str, Lines]
    answers: Mapping[str, Lines]
    returns: Mapping[str, Lines]
    comments: Mapping[str, Lines]
    topics: Mapping[str, TopicTexts]


@dataclass(frozen=True, slots=True)
class Country:
    """One country: how many small customers live there and how they are called and write."""

    code: str
    share: float
    culture: str
    languages: Mapping[str, float]
    form: str
    cities: Lines

    @property
    def speech(self) -> str:
        """The language of most customers there."""
        return max(self.languages, key=lambda language: self.languages[language])


@dataclass(frozen=True, slots=True)
class Names:
    """What people and companies are called, by culture or language."""

    countries: Mapping[str, Country]
    given: Mapping[str, Lines]
    family: Mapping[str, Lines]
    colleagues: Mapping[str, Lines]
    shops: Mapping[str, Mapping[str, str]]
    practices: Mapping[str, Lines]
    hosts: Mapping[str, str]
    stems: Lines
    sectors: Mapping[str, str]


@cache
def topics() -> tuple[Topic, ...]:
    """Every topic, in the order of its file."""
    return tuple(Topic(name=name, **facts) for name, facts in _read("topics.yaml").items())


@cache
def texts(language: str) -> Texts:
    """The sentences of one language out of LANGUAGES. Raises FileNotFoundError for others."""
    raw = _read(f"texts_{language}.yaml")
    by_topic = {
        name: TopicTexts(**{part: tuple(lines) for part, lines in parts.items()})
        for name, parts in raw.pop("topics").items()
    }
    return Texts(topics=by_topic, **{name: _frozen(value) for name, value in raw.items()})


@cache
def names() -> Names:
    """The names of people, companies and places."""
    raw = _read("people.yaml")
    countries = {
        code: Country(code=code, **{name: _frozen(value) for name, value in facts.items()})
        for code, facts in raw.pop("countries").items()
    }
    cultures = raw.pop("cultures")
    return Names(
        countries=countries,
        given={culture: tuple(people["given"]) for culture, people in cultures.items()},
        family={culture: tuple(people["family"]) for culture, people in cultures.items()},
        **{name: _frozen(value) for name, value in raw.items()},
    )


def playbook_text() -> str:
    """The sample playbook as it is written."""
    return _file("playbook.yaml")


@cache
def sample_playbook() -> Playbook:
    """The sample playbook, read."""
    return read_playbook(playbook_text())


def _read(name: str) -> dict[str, Any]:
    value = read_yaml(_file(name)).value
    if not isinstance(value, dict):
        raise TypeError(f"{name} does not hold names and values.")
    return value


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return value
