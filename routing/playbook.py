"""The whole published configuration as one immutable, versioned value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from routing.assignment.staff import Agent, Queue
from routing.cases.case import Case
from routing.conditions.evaluate import Compiled, Layout, compile_condition
from routing.conditions.fields import (
    CUSTOMER_FIELDS,
    SEGMENT,
    SEGMENTS,
    Field,
    Fields,
    clock_fields,
)
from routing.hours import Schedule
from routing.replies.reply import Reply
from routing.rules.book import RuleBook
from routing.rules.rule import Rule
from routing.segments.segment import Segment
from routing.surveys.survey import Survey
from routing.tickets import Trigger


@dataclass(frozen=True)
class Playbook:
    """Segments, queues, agents, rules, replies and surveys: all that a decision goes by.

    ``cases`` are tickets with what has to become of them; they decide nothing.

    ``version`` is 0 until it is published. ``declared`` are the fields the playbook adds or says
    in its own words. ``time_zone`` is the one in which the fields of the clock are read. ``hours``
    names the schedule by which the tickets of queues without hours of their own are measured.
    """

    name: str
    default_queue: str
    queues: tuple[Queue, ...]
    languages: tuple[str, ...] = ("en",)
    declared: tuple[Field, ...] = ()
    segments: tuple[Segment, ...] = ()
    agents: tuple[Agent, ...] = ()
    rules: tuple[Rule, ...] = ()
    replies: tuple[Reply, ...] = ()
    surveys: tuple[Survey, ...] = ()
    version: int = 0
    time_zone: str = "UTC"
    schedules: tuple[Schedule, ...] = ()
    hours: str | None = None
    cases: tuple[Case, ...] = ()

    @cached_property
    def fields(self) -> Fields:
        """Every field a segment may use, built in or declared here, and the schedules."""
        clock = clock_fields(ZoneInfo(self.time_zone))
        return (CUSTOMER_FIELDS | (*clock, *self.declared)).using(self.schedules)

    @cached_property
    def rule_fields(self) -> Fields:
        """Every field a rule may use: the same, and the segments decided before."""
        return (self.fields | (SEGMENT, SEGMENTS)).using(self.schedules)

    @cached_property
    def layout(self) -> Layout:
        """The row layout that serves all segments and rules of this playbook."""
        return Layout.of([*(s.when for s in self.segments), *(r.when for r in self.rules)])

    @cached_property
    def memberships(self) -> tuple[tuple[Segment, Compiled], ...]:
        """Each segment with its compiled condition, in order of priority."""
        return tuple((s, compile_condition(s.when, self.layout)) for s in self.segments)

    @cached_property
    def books(self) -> Mapping[Trigger, RuleBook]:
        """The compiled rules, by what they are for."""
        none = RuleBook((), self.layout)
        used = {rule.on for rule in self.rules}
        return {
            one: RuleBook(self.rules, self.layout, one) if one in used else none for one in Trigger
        }

    def queue(self, name: str) -> Queue:
        """The queue of this name. Raises KeyError where there is none."""
        return self._queues[name]

    def agent(self, name: str) -> Agent:
        """The agent of this name. Raises KeyError where there is none."""
        return self._agents[name]

    def rule(self, name: str) -> Rule:
        """The rule of this name. Raises KeyError where there is none."""
        return self._rules[name]

    def reply(self, name: str) -> Reply:
        """The reply of this name. Raises KeyError where there is none."""
        return self._replies[name]

    def segment(self, name: str) -> Segment:
        """The segment of this name. Raises KeyError where there is none."""
        return self._segments[name]

    def schedule(self, name: str | None) -> Schedule | None:
        """The schedule of this name, if there is one."""
        return None if name is None else self._schedules.get(name)

    def hours_of(self, queue: str | None) -> Schedule | None:
        """The schedule by which tickets of this queue are measured; None: by calendar time.

        A queue that the playbook does not know has the hours of all others.
        """
        known = None if queue is None else self._queues.get(queue)
        own = None if known is None else known.hours
        return self.schedule(own or self.hours)

    def survey(self, name: str) -> Survey | None:
        """The survey of this name, if there is one still."""
        return next((survey for survey in self.surveys if survey.name == name), None)

    def queue_of(self, connection: str, desk_id: str | None) -> str | None:
        """The name of the queue that has this id on this desk, if the playbook knows it."""
        known = (q.name for q in self.queues if q.ids.get(connection) == desk_id)
        return None if desk_id is None else next(known, None)

    def agent_of(self, connection: str, desk_id: str | None) -> str | None:
        """The name of the agent who has this id on this desk, if the playbook knows them."""
        known = (a.name for a in self.agents if a.ids.get(connection) == desk_id)
        return None if desk_id is None else next(known, None)

    @cached_property
    def _queues(self) -> dict[str, Queue]:
        return {queue.name: queue for queue in self.queues}

    @cached_property
    def _schedules(self) -> dict[str, Schedule]:
        return {schedule.name: schedule for schedule in self.schedules}

    @cached_property
    def _agents(self) -> dict[str, Agent]:
        return {agent.name: agent for agent in self.agents}

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def _replies(self) -> dict[str, Reply]:
        return {reply.name: reply for reply in self.replies}

    @cached_property
    def _segments(self) -> dict[str, Segment]:
        return {segment.name: segment for segment in self.segments}
