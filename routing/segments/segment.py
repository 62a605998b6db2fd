"""What a segment is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from routing.conditions.tree import Condition


class Model(StrEnum):
    """The eleven ways of segmenting customers that the literature knows."""

    PREDETERMINED = "predetermined"
    DEMOGRAPHIC = "demographic"
    GEOGRAPHIC = "geographic"
    FIRMOGRAPHIC = "firmographic"
    TECHNOGRAPHIC = "technographic"
    BEHAVIOURAL = "behavioural"
    VALUE_BASED = "value-based"
    NEEDS_BASED = "needs-based"
    PSYCHOGRAPHIC = "psychographic"
    JOURNEY = "journey"
    DATA_DRIVEN = "data-driven"


@dataclass(frozen=True, slots=True)
class Persona:
    """What an agent should know of the people in a segment before they write the first word."""

    tone: str = ""
    channel: str = ""
    goals: str = ""
    challenges: str = ""
    offer: str = ""
    avoid: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A named condition over the customer. Their order in the playbook is their priority."""

    name: str
    model: Model
    when: Condition
    owner: str = ""
    persona: Persona = field(default_factory=Persona)
    goal: str = ""
