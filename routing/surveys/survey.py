"""What a survey is: one question with its scale, for whom, when, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What is asked for. Each kind has a scale of its own.

    ``CSAT`` is satisfaction with the help. ``NPS`` is the likelihood of recommending (Reichheld,
    The one number you need to grow, 2003), ``CES`` how easy it was (Dixon, Freeman and Toman,
    Stop trying to delight your customers, 2010).
    """

    CSAT = "csat"
    NPS = "nps"
    CES = "ces"

    @property
    def scale(self) -> range:
        """Every score of this kind, the worst first."""
        return _SCALES[self]


_SCALES = {Kind.CSAT: range(1, 6), Kind.NPS: range(11), Kind.CES: range(1, 8)}

ONLY = "CSAT"
"""What the survey of a playbook is called that has room for one only, as older ones had."""

QUESTIONS = {
    Kind.CSAT: "How was our help?",
    Kind.NPS: "How likely are you to recommend us to a friend or colleague?",
    Kind.CES: "How easy was it to get your request settled?",
}
"""What is asked where the playbook does not say it any more."""


class Channel(StrEnum):
    """How a survey reaches its customer.

    ``REPLY`` is a public reply in the desk. ``WEBHOOK`` hands the link to another system, which
    brings it to the customer: an SMS gateway, for example.
    """

    MAIL = "mail"
    REPLY = "reply"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Survey:
    """One survey of the playbook.

    ``segments`` empty means that it is for everyone who is left. It is asked ``wait`` after the
    solving, for ``share`` per cent of the tickets, and of a customer who was asked anything less
    than ``at_most_once_in`` ago it is not asked. Its link is open for ``valid_days``. Questions
    are by language; a second one is answered in the customer's own words. ``address`` and
    ``privacy`` (a web address) stand at the foot.
    """

    name: str
    kind: Kind = Kind.CSAT
    channel: Channel = Channel.REPLY
    segments: frozenset[str] = frozenset()
    wait: timedelta = timedelta(0)
    share: float = 100.0
    at_most_once_in: timedelta | None = None
    valid_days: int = 14
    questions: Mapping[str, str] = field(default_factory=dict)
    second_questions: Mapping[str, str] = field(default_factory=dict)
    brand: str = ""
    address: str = ""
    privacy: str = ""

    def question(self, language: str | None) -> str:
        """The question in this language, else in English, else in whichever is there."""
        return _in_language(self.questions, language) or QUESTIONS[self.kind]

    def second_question(self, language: str | None) -> str:
        """The second question, in the same way; empty where there is none."""
        return _in_language(self.second_questions, language)


def _in_language(texts: Mapping[str, str], language: str | None) -> str:
    wanted = (language or "en", "en", *texts)
    return next((texts[code] for code in wanted if texts.get(code)), "")
