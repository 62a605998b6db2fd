"""The playbook's written form: a YAML text read into a Playbook, or into every problem in it.

The models below are the one description of the file: they read it, and its JSON Schema is made
from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import starmap
from math import isfinite
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Described

from routing.assignment.staff import Agent, Queue
from routing.cases.form import MOST as MOST_CASES
from routing.cases.form import CaseForm, CaseTicketForm, ExpectForm, read_cases
from routing.conditions.durations import PATTERN as DURATION
from routing.conditions.durations import read_duration
from routing.conditions.fields import (
    CUSTOMER_FIELDS,
    RULE_FIELDS,
    SEGMENT,
    SEGMENTS,
    Field,
    Fields,
    clock_fields,
)
from routing.conditions.operators import OPERATORS
from routing.conditions.tree import Always, Condition, read_condition, tests_of
from routing.conditions.values import Kind
from routing.errors import Invalid, Problem
from routing.hours import Hours, Schedule, read_spans
from routing.languages import NAMES
from routing.playbook import Playbook
from routing.replies.render import check_body
from routing.replies.reply import Reply
from routing.rules.rule import After, Canary, Guard, Rule, State, Then
from routing.segments.segment import Model, Persona, Segment
from routing.surveys.survey import ONLY, Channel, Survey
from routing.surveys.survey import Kind as SurveyKind
from routing.tickets import Priority, Trigger
from routing.yaml_text import Document, Path, read_yaml

_CONDITION_SCHEMA: dict[str, object] = {"$ref": "#/$defs/Condition"}

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Language = Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
Span = Annotated[str, StringConstraints(pattern=f"^{DURATION}$")]
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$", max_length=500)]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")]
Ids = dict[Name, Name]

Day = Annotated[str, StringConstraints(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


MOST_SURVEYS = 100


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FieldForm(_Form):
    """A customer fact that the built-in fields lack."""

    type: Annotated[Kind, Described(strict=False)]
    says: Line = Described("", description="The field in a sentence; its name where left out.")


class ScheduleForm(_Form):
    """When a team works. A second entry of the same name, with another from, is a later version."""

    name: Name
    time_zone: Name = Described(description="A name of the IANA list, like Europe/Berlin.")
    hours: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Name] = Described(
        min_length=1, description="By day: 09:00-12:00, 13:00-17:30. A day left out is free."
    )
    holidays: list[Day] = Described([], max_length=2_000)
    since: Day | None = Described(
        None, alias="from", description="The day from which it is in force; left out: always."
    )


class PersonaForm(_Form):
    """What an agent should know before the first word."""

    tone: Line = ""
    channel: Line = ""
    goals: Line = ""
    challenges: Line = ""
    offer: Line = ""
    avoid: Line = ""


class SegmentForm(_Form):
    """A named condition over the customer; the first one that holds is the primary segment."""

    name: Name
    model: Annotated[Model, Described(strict=False)]
    when: Any
    owner: Line = ""
    persona: PersonaForm = PersonaForm()
    goal: Line = ""


class QueueForm(_Form):
    """A queue, and the desk's own id of it per desk connection."""

    name: Name
    ids: Ids = {}
    hours: Name | None = Described(
        None, description="The schedule by which its tickets are measured; else that of all."
    )


class AgentForm(_Form):
    """A person who answers tickets."""

    name: Name
    ids: Ids = {}
    queues: list[Name] = []
    languages: list[Language] = Described([], description="Left out: any language.")
    capacity: int = Described(10, ge=1, le=1000, description="Open tickets at most.")


class ThenForm(_Form):
    """What a rule decides."""

    queue: Name | None = None
    escalate: Name | None = Described(
        None, description="A queue to which the ticket goes as urgent."
    )
    agent: Name | None = None
    priority: Annotated[Priority | None, Described(strict=False)] = None
    tags: list[Name] = []
    first_reply: Span | None = Described(
        None,
        description="Time to the first reply: 30 min, 4 h or 2 d.",
    )
    resolution: Span | None = Described(None, description="Time to the solving, in the same way.")
    fields: dict[Name, Name] = Described({}, description="The desk's custom fields, by name.")
    note: Line | None = Described(None, description="A private note for whoever gets the ticket.")
    suggest: Name | None = Described(None, description="A reply to be offered first.")
    answer: Name | None = Described(None, description="A reply that is sent by itself, once.")
    notify: list[Address] = Described([], description="E-mail addresses of people to tell.")
    hand_back: Span | None = Described(
        None, description="After so long without an answer its agent loses the ticket."
    )


class CanaryForm(_Form):
    """For which tickets a canary has an effect, and what ends it by itself."""

    share: float = Described(10.0, gt=0, lt=100, description="Per cent of the tickets.")
    guards: list[Annotated[Guard, Described(strict=False)]] = Described(
        [*Guard], description="What must not get worse with the rule than without it."
    )


class RuleForm(_Form):
    """When something happens and a condition holds, decide something."""

    name: Name
    trigger: Annotated[Trigger, Described(strict=False, alias="on")] = Trigger.OPENED
    waits: Span | None = Described(
        None, description="With on: waiting, how long without an answer: 30 min, 4 h or 2 d."
    )
    when: Any
    then: ThenForm
    after: Annotated[After, Described(strict=False)] = After.STOP
    state: Annotated[State, Described(strict=False)] = State.ON
    canary: CanaryForm | None = Described(None, description="With state: canary.")
    owner: Line = ""
    note: Line = ""


class ReplyForm(_Form):
    """A text to start an answer from."""

    name: Name
    body: Annotated[str, StringConstraints(min_length=1)]
    language: Language = "en"
    segments: list[Name] = []
    topics: list[Name] = []


class SurveyForm(_Form):
    """One question to customers whose ticket was solved. The first survey that fits is asked."""

    name: Name
    kind: Annotated[SurveyKind, Described(strict=False)] = Described(
        SurveyKind.CSAT, description="csat asks from 1 to 5, nps from 0 to 10, ces from 1 to 7."
    )
    channel: Annotated[Channel, Described(strict=False)] = Described(
        Channel.REPLY, description="mail, a public reply in the desk, or a webhook of yours."
    )
    segments: list[Name] = Described([], description="Left out: everyone else.")
    wait: Span | None = Described(None, description="After the solving: 30 min, 2 h or 1 d.")
    share: float = Described(100.0, gt=0, le=100, description="Per cent of the tickets.")
    at_most_once_in: Span | None = Described(
        None, description="No customer is asked twice in this time, by any survey: 30 d."
    )
    valid_days: int = Described(14, ge=1, le=90, description="For which the link is open.")
    questions: dict[Language, Question] = Described(min_length=1, description="By language.")
    second_questions: dict[Language, Question] = Described(
        {}, description="To be answered in the customer's own words."
    )
    brand: Line = ""
    address: Line = Described("", description="Who asks, and where they are: at the foot.")
    privacy: WebAddress | None = Described(None, description="Of your privacy notice.")


class OnlySurveyForm(_Form):
    """The survey as older playbooks have it: CSAT by a public reply, for everyone."""

    brand: Line = ""
    valid_days: int = Described(14, ge=1, le=90)
    questions: dict[Language, Line] = {}


class PlaybookForm(_Form):
    """A Deskroute playbook: segments, queues, agents, rules, replies, surveys and cases."""

    playbook: Name = Described(description="The playbook's name.")
    default_queue: Name = Described(description="Where a ticket goes when no rule decides.")
    languages: list[Language] = ["en"]
    time_zone: Name = Described("UTC", description="In which the fields of the clock are read.")
    schedules: list[ScheduleForm] = []
    hours: Name | None = Described(
        None,
        description="The schedule by which tickets are measured; left out: by calendar time.",
    )
    fields: dict[Name, FieldForm] = {}
    segments: list[SegmentForm] = []
    queues: list[QueueForm] = Described(min_length=1)
    agents: list[AgentForm] = []
    rules: list[RuleForm] = []
    replies: list[ReplyForm] = []
    surveys: list[SurveyForm] = Described([], max_length=MOST_SURVEYS)
    survey: OnlySurveyForm | None = Described(
        None, description="Of older playbooks: one survey for everyone. Use surveys instead."
    )
    cases: list[CaseForm] = Described([], max_length=MOST_CASES)


def read_playbook(text: str, version: int = 0) -> Playbook:
    """Read a playbook from its YAML text.

    Raises Invalid with every problem found, each with its path and line.
    """
    document = read_yaml(text)
    problems: list[Problem] = []
    form = _read_form(document.value, problems)
    if form is None:
        # What the entries mean cannot be checked before they are whole, but conditions can.
        problems += _conditions(document.value)
        raise _placed(document, problems)
    builder = _Builder(form)
    playbook = builder.build(version)
    # What only follows from a value that was left out is no problem of its own.
    left_out = [problem.path for problem in problems]
    others = [
        problem
        for problem in builder.problems
        if not any(path[: len(problem.path)] == problem.path for path in left_out)
    ]
    if problems or others:
        raise _placed(document, [*problems, *others])
    return playbook


def _read_form(value: object, problems: list[Problem]) -> PlaybookForm | None:
    """The file as a form. What is wrong is noted and left out, so that the rest is checked too.

    None where nothing whole is left: an entry lacks what it must have, or is wrong itself.
    """
    try:
        return PlaybookForm.model_validate(value)
    except ValidationError as error:
        problems += _structural(error)
        faults = {_key(one["loc"]) for one in error.errors() if one["type"] != "missing"}
    rest = _without(value, faults, ())
    try:
        return PlaybookForm.model_validate(rest)
    except ValidationError:
        return None


_ENTRIES = {
    (name,)
    for name in (
        "schedules",
        "segments",
        "queues",
        "agents",
        "rules",
        "replies",
        "surveys",
        "cases",
    )
}


def _key(path: Path) -> Path:
    """The key that can be left out for what is wrong at a path.

    A word in a list takes its list along. An entry with keys of its own stays: those after it
    would have other places than in the file.
    """
    in_words = bool(path) and isinstance(path[-1], int) and path[:-1] not in _ENTRIES
    return path[:-1] if in_words else path


def _without(value: object, surplus: AbstractSet[Path], path: Path) -> object:
    """A copy of plain values, which stand at ``path``, without the keys at these paths."""
    if isinstance(value, dict):
        return {
            key: _without(inner, surplus, (*path, key))
            for key, inner in value.items()
            if (*path, key) not in surplus
        }
    if isinstance(value, list):
        return [_without(inner, surplus, (*path, place)) for place, inner in enumerate(value)]
    return value


def _conditions(value: object) -> Iterable[Problem]:
    """The problems of every condition that can be found in a file which is not whole."""
    groups = value if isinstance(value, dict) else {}
    declared = groups.get("fields")
    for group in ("segments", "rules"):
        entries = groups.get(group)
        for place, entry in enumerate(entries if isinstance(entries, list) else []):
            if not isinstance(entry, dict) or "when" not in entry:
                continue
            try:
                read_condition(entry["when"], RULE_FIELDS, (group, place, "when"))
            except Invalid as error:
                yield from (
                    problem
                    for problem in error.problems
                    if not _about(problem, declared)
                    and not (groups.get("schedules") and problem.path[-1] == "is in working time")
                )


def _about(problem: Problem, declared: object) -> bool:
    # Fields declared in the same file may be right; that cannot be told before it is whole.
    names = declared if isinstance(declared, dict) else {}
    return any(f"“{name}”" in problem.message for name in names)


def playbook_schema() -> dict[str, object]:
    """The JSON Schema of the playbook file."""
    schema: dict[str, Any] = PlaybookForm.model_json_schema()
    # Pydantic cannot refer to a definition that is not its own, so the reference is put in here.
    for form in (SegmentForm, RuleForm):
        schema["$defs"][form.__name__]["properties"]["when"] = _CONDITION_SCHEMA
    names = sorted({*RULE_FIELDS})
    group = {"type": "array", "minItems": 1, "items": _CONDITION_SCHEMA}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"]["Condition"] = {
        "description": "always, a group (all, any, not), or a test: a field and one operator.",
        "oneOf": [
            {"const": "always"},
            *(_only({key: group}) for key in ("all", "any")),
            _only({"not": _CONDITION_SCHEMA}),
            {
                "type": "object",
                "required": ["field"],
                "minProperties": 2,
                "maxProperties": 2,
                "additionalProperties": False,
                "properties": {
                    "field": {"type": "string", "examples": names},
                    **{name: {} for name in OPERATORS},
                },
            },
        ],
    }
    return schema


def _only(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _placed(document: Document, problems: Iterable[Problem]) -> Invalid:
    placed = [document.place(problem) for problem in problems]
    return Invalid(tuple(sorted(placed, key=lambda one: (one.line or 0, one.where))))


class _Builder:
    """Turns a well-formed file into a Playbook, noting everything in it that cannot be meant."""

    def __init__(self, form: PlaybookForm) -> None:
        self.form = form
        self.problems: list[Problem] = []
        self._segments_folded = {segment.name.casefold() for segment in form.segments}

    def build(self, version: int) -> Playbook:
        form = self.form
        for group in ("segments", "queues", "agents", "rules", "replies", "surveys", "cases"):
            self._unique(group, [one.name for one in getattr(form, group)])
        self._languages()
        declared = tuple(self._declared())
        zone = self._zone(form.time_zone, ("time_zone",))
        schedules = tuple(self._schedules())
        ours = [*clock_fields(zone), *declared]
        self._exists(("default_queue",), "queue", form.default_queue, self._names("queues"))
        return Playbook(
            name=form.playbook,
            default_queue=form.default_queue,
            languages=tuple(form.languages),
            time_zone=zone.key,
            schedules=schedules,
            hours=self._hours_named(form.hours, ("hours",)),
            declared=declared,
            segments=self._segments((CUSTOMER_FIELDS | ours).using(schedules)),
            queues=tuple(starmap(self._queue, enumerate(form.queues))),
            agents=tuple(starmap(self._agent, enumerate(form.agents))),
            rules=tuple(
                self._rule(place, rule, (RULE_FIELDS | ours).using(schedules))
                for place, rule in enumerate(form.rules)
            ),
            replies=tuple(starmap(self._reply, enumerate(form.replies))),
            surveys=tuple(self._surveys()),
            version=version,
            cases=tuple(
                read_cases(
                    form.cases,
                    CUSTOMER_FIELDS | ours,
                    self._note,
                    lambda path, what, name: self._exists(
                        path, what, name, self._names(_GROUPS[what])
                    ),
                )
            ),
        )

    def _names(self, group: str) -> list[str]:
        return [one.name for one in getattr(self.form, group)]

    def _unique(self, group: str, names: list[str]) -> None:
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            first = places.setdefault(name, place)
            if first != place:
                self._note(
                    (group, place, "name"),
                    f"“{name}” is also the name of {group}[{first}]. Give each its own.",
                )

    def _languages(self) -> None:
        for place, code in enumerate(self.form.languages):
            if code not in NAMES:
                known = ", ".join(NAMES)
                self._note(("languages", place), f"“{code}” is not recognised. Known: {known}.")

    def _declared(self) -> Iterable[Field]:
        for name, form in self.form.fields.items():
            group, dot, leaf = name.partition(".")
            if not dot or group not in {"customer", "account"} or not leaf:
                self._note(("fields", name), "A field's name begins with customer. or account.")
            built_in = CUSTOMER_FIELDS.get(name)
            if built_in is None:
                yield Field(name, form.type, form.says or leaf.replace("_", " "))
                continue
            if form.type is not built_in.kind:
                kind = built_in.kind.value
                self._note(
                    ("fields", name, "type"),
                    f"{name} is a built-in field and holds {kind}. Leave it out.",
                )
            yield replace(built_in, says=form.says or built_in.says)

    def _schedules(self) -> Iterable[Schedule]:
        versions: dict[str, dict[date, Hours]] = {}
        for place, form in enumerate(self.form.schedules):
            hours = self._hours(form, ("schedules", place))
            known = versions.setdefault(form.name, {})
            if hours.since in known:
                told = f"“{form.name}” has a version from this day already. Give it another from."
                self._note(("schedules", place, "from" if form.since else "name"), told)
            known[hours.since] = hours
        for name, known in versions.items():
            yield Schedule(name, tuple(known[since] for since in sorted(known)))

    def _queue(self, place: int, form: QueueForm) -> Queue:
        hours = self._hours_named(form.hours, ("queues", place, "hours"))
        return Queue(form.name, dict(form.ids), hours)

    def _hours_named(self, name: str | None, path: Path) -> str | None:
        if name is not None:
            self._exists(path, "schedule", name, self._names("schedules"))
        return name

    def _hours(self, form: ScheduleForm, path: Path) -> Hours:
        weekly = []
        for day in _WEEK:
            written = form.hours.get(day)  # type: ignore[call-overload]  # it is one of the keys
            try:
                weekly.append(() if written is None else read_spans(written))
            except ValueError as error:
                self._note((*path, "hours", day), str(error))
        holidays = (
            self._day(day, (*path, "holidays", place)) for place, day in enumerate(form.holidays)
        )
        return Hours(
            zone=self._zone(form.time_zone, (*path, "time_zone")),
            weekly=tuple(weekly),
            holidays=frozenset(holidays),
            since=date.min if form.since is None else self._day(form.since, (*path, "from")),
        )

    def _day(self, written: str, path: Path) -> date:
        try:
            return date.fromisoformat(written)
        except ValueError:
            self._note(path, f"There is no day {written}.")
            return date.min

    def _zone(self, name: str, path: Path) -> ZoneInfo:
        known = available_timezones()
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Write it like Europe/Berlin."
            self._note(path, f"There is no time zone “{name}”. {hint}")
            return ZoneInfo("UTC")
        return ZoneInfo(name)

    def _segments(self, fields: Fields) -> tuple[Segment, ...]:
        return tuple(
            Segment(
                name=form.name,
                model=form.model,
                when=self._condition(form.when, fields, ("segments", place, "when")),
                owner=form.owner,
                persona=Persona(**form.persona.model_dump()),
                goal=form.goal,
            )
            for place, form in enumerate(self.form.segments)
        )

    def _agent(self, place: int, form: AgentForm) -> Agent:
        for at, queue in enumerate(form.queues):
            self._exists(("agents", place, "queues", at), "queue", queue, self._names("queues"))
        return Agent(
            name=form.name,
            ids=dict(form.ids),
            queues=tuple(form.queues),
            languages=frozenset(form.languages),
            capacity=form.capacity,
        )

    def _rule(self, place: int, form: RuleForm, fields: Fields) -> Rule:
        path: Path = ("rules", place)
        when = self._condition(form.when, fields, (*path, "when"))
        then = form.then
        if then.queue is not None:
            self._exists((*path, "then", "queue"), "queue", then.queue, self._names("queues"))
        if then.escalate is not None:
            self._exists((*path, "then", "escalate"), "queue", then.escalate, self._names("queues"))
        if then.agent is not None:
            self._exists((*path, "then", "agent"), "agent", then.agent, self._names("agents"))
        for key, reply in (("suggest", then.suggest), ("answer", then.answer)):
            if reply is not None:
                self._exists((*path, "then", key), "reply", reply, self._names("replies"))
        self._fits_together(form, path)
        if then == ThenForm():
            self._note((*path, "then"), "The rule decides nothing. Name a queue, tags or more.")
        return Rule(
            name=form.name,
            when=when,
            then=Then(
                queue=then.queue,
                agent=then.agent,
                priority=then.priority,
                tags=tuple(then.tags),
                first_reply=_span(then.first_reply),
                resolution=_span(then.resolution),
                fields=tuple(then.fields.items()),
                note=then.note or None,
                suggest=then.suggest,
                answer=then.answer,
                escalate=then.escalate,
                notify=tuple(then.notify),
                hand_back=_span(then.hand_back),
            ),
            after=form.after,
            state=form.state,
            owner=form.owner,
            note=form.note,
            on=form.trigger,
            waits=_span(form.waits),
            canary=Canary()
            if form.canary is None
            else Canary(form.canary.share, tuple(dict.fromkeys(form.canary.guards))),
        )

    def _fits_together(self, form: RuleForm, path: Path) -> None:
        """What one key of a rule says must fit what another says."""
        waiting = form.trigger is Trigger.WAITING
        if waiting and form.waits is None:
            self._note((*path, "on"), "Say for how long: add waits, like waits: 4 h.")
        if not waiting and form.waits is not None:
            told = "Only a rule with on: waiting waits. Leave it out, or set on: waiting."
            self._note((*path, "waits"), told)
        if form.canary is not None and form.state is not State.CANARY:
            told = "Only a rule with state: canary has one. Leave it out, or set state: canary."
            self._note((*path, "canary"), told)
        if form.then.queue is not None and form.then.escalate is not None:
            told = "The rule names a queue already. Leave one of the two out."
            self._note((*path, "then", "escalate"), told)

    def _reply(self, place: int, form: ReplyForm) -> Reply:
        path: Path = ("replies", place)
        for at, segment in enumerate(form.segments):
            self._exists((*path, "segments", at), "segment", segment, self._names("segments"))
        if (problem := check_body(form.body)) is not None:
            self._note((*path, "body"), problem)
        return Reply(
            name=form.name,
            body=form.body,
            language=form.language,
            segments=frozenset(form.segments),
            topics=tuple(form.topics),
        )

    def _surveys(self) -> Iterable[Survey]:
        old = self.form.survey
        if old is not None and self.form.surveys:
            told = "The playbook has surveys, which take its place. Leave it out."
            self._note(("survey",), told)
        elif old is not None and old.questions:
            yield Survey(
                ONLY,
                valid_days=old.valid_days,
                questions=dict(old.questions),
                brand=old.brand,
            )
        asked: dict[str | None, str] = {}
        for place, form in enumerate(self.form.surveys):
            self._is_asked(form, ("surveys", place), asked)
            yield self._survey(form)

    def _survey(self, form: SurveyForm) -> Survey:
        return Survey(
            name=form.name,
            kind=form.kind,
            channel=form.channel,
            segments=frozenset(form.segments),
            wait=_span(form.wait) or timedelta(0),
            share=form.share,
            at_most_once_in=_span(form.at_most_once_in),
            valid_days=form.valid_days,
            questions=dict(form.questions),
            second_questions=dict(form.second_questions),
            brand=form.brand,
            address=form.address,
            privacy=form.privacy or "",
        )

    def _is_asked(self, form: SurveyForm, path: Path, asked: dict[str | None, str]) -> None:
        """Note each segment for which an earlier survey stands; ``asked`` names it, None for all.

        Names of segments are compared as they are written, as those of replies are.
        """
        wanted: list[tuple[Path, str | None]] = [
            ((*path, "segments", at), name) for at, name in enumerate(form.segments)
        ]
        for where, segment in wanted or [(path, None)]:
            if segment is not None:
                self._exists(where, "segment", segment, self._names("segments"))
            before = asked.get(segment, asked.get(None))
            if before is not None:
                whom = f"“{segment}”" if segment in asked and segment else "everyone"
                told = f"It is never asked: “{before}” above is for {whom}."
                self._note(where, f"{told} Move it up, or remove it.")
            asked.setdefault(segment, form.name)

    def _condition(self, raw: object, fields: Fields, path: Path) -> Condition:
        try:
            condition = read_condition(raw, fields, path)
        except Invalid as error:
            self.problems += error.problems
            return Always()
        for test in tests_of(condition):
            name = test.operator.name
            whole = test.field == SEGMENT and name.startswith(("is", "has"))
            if whole or test.field == SEGMENTS:
                operand = test.operand
                for one in operand if isinstance(operand, tuple) else (operand,):
                    # Conditions compare without case, so a segment may be written in any.
                    if isinstance(one, str) and one.casefold() not in self._segments_folded:
                        self._exists(path, "segment", one, self._names("segments"))
        return condition

    def _exists(self, path: Path, what: str, name: str, known: list[str]) -> None:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            others = f" Known: {', '.join(dict.fromkeys(known))}." if known else ""
            hint = f" Did you mean {near[0]}?" if near else others
            self._note(path, f"There is no {what} “{name}”.{hint}")

    def _note(self, path: Path, message: str) -> None:
        self.problems.append(Problem(path, message))


def _span(written: str | None) -> timedelta | None:
    return None if written is None else read_duration(written)


def _structural(error: ValidationError) -> list[Problem]:
    problems = []
    for one in error.errors(include_url=False):
        # Where a key itself is wrong, the path ends in a mark of pydantic's that nobody wrote.
        path = tuple(step for step in one["loc"] if step != "[key]")
        problems.append(Problem(path, _plainly(one["type"], path, one)))
    return problems


def _plainly(kind: str, path: Path, error: Mapping[str, Any]) -> str:
    match kind:
        case "missing":
            return f"“{path[-1]}” is missing. Add it."
        case "extra_forbidden":
            return _no_such_key(path)
        case "enum" | "literal_error":
            return f"It is “{error['input']}”; it must be {error['ctx']['expected']}."
        case "string_type" if isinstance(error["input"], int | float) and isfinite(error["input"]):
            return f"Here belongs a text. Put {error['input']} in quotes."
        case "string_pattern_mismatch":
            key = next(step for step in reversed(path) if isinstance(step, str))
            return _PATTERNS.get(key, "Write a language as two small letters, like en.")
        case "too_long":
            there, most = error["ctx"]["actual_length"], error["ctx"]["max_length"]
            return f"There are {there:,} entries; {most:,} is the most. Remove some."
        case "less_than" | "less_than_equal" | "greater_than" | "greater_than_equal":
            (limit,) = error["ctx"].values()
            return f"Write a number {_BOUNDS[kind]} {limit:g}."
        case _:
            return _SAID.get(kind, f"{error['msg']}.")


_BOUNDS = {
    "less_than": "below",
    "less_than_equal": "of at most",
    "greater_than": "above",
    "greater_than_equal": "of at least",
}
_SAID = {
    "model_type": "Here belongs a map of keys and values.",
    "dict_type": "Here belongs a map of keys and values.",
    "list_type": "Here belongs a list; each entry begins with a dash.",
    "string_type": "Here belongs a text.",
    "int_type": "Here belongs a whole number.",
    "int_parsing": "Here belongs a whole number.",
    "int_from_float": "Here belongs a whole number.",
    "float_type": "Here belongs a number.",
    "float_parsing": "Here belongs a number.",
    "string_too_short": "It is empty.",
    "too_short": "It is empty.",
}
"""What is said of a fault that always sounds the same."""

_A_SPAN = "Write a time like 30 min, 4 h or 2 d."
_PATTERNS = {
    "first_reply": _A_SPAN,
    "resolution": _A_SPAN,
    "hand_back": _A_SPAN,
    "waits": _A_SPAN,
    "wait": _A_SPAN,
    "at_most_once_in": _A_SPAN,
    "privacy": "Write a web address like https://company.example/privacy.",
    "notify": "Write an e-mail address like lead@company.example.",
    "from": "Write a day like 2026-03-31.",
    "holidays": "Write a day like 2026-03-31.",
}

_GROUPS = {"queue": "queues", "segment": "segments", "agent": "agents", "reply": "replies"}
"""Where the things stand that a case can expect."""

_FORMS: dict[str, type[BaseModel]] = {
    "schedules": ScheduleForm,
    "segments": SegmentForm,
    "queues": QueueForm,
    "agents": AgentForm,
    "rules": RuleForm,
    "replies": ReplyForm,
    "then": ThenForm,
    "canary": CanaryForm,
    "persona": PersonaForm,
    "surveys": SurveyForm,
    "survey": OnlySurveyForm,
    "cases": CaseForm,
    "ticket": CaseTicketForm,
    "expect": ExpectForm,
}


def _no_such_key(path: Path) -> str:
    parents = [step for step in path[:-1] if isinstance(step, str)]
    form = _FORMS.get(parents[-1], PlaybookForm) if parents else PlaybookForm
    known = [one.alias or name for name, one in form.model_fields.items()]
    near = get_close_matches(str(path[-1]), known, n=1)
    hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(known)}."
    return f"There is no key “{path[-1]}” here.{hint}"
