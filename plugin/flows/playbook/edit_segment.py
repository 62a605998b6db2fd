"""A segment in a form: what is live or a template, who would be in it, and out as a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from plugin.flows.customers.trusted import trusted
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.pages.refusals import Conflict, NotThere
from plugin.ports import Clock
from plugin.records.customers import CustomerSample
from plugin.records.work import Store
from plugin.views.people import Person
from plugin.views.playbook import ToPublish
from plugin.views.segments import SegmentDraft, SegmentEditor
from routing.conditions.evaluate import Layout, compile_condition
from routing.conditions.fields import Fields
from routing.conditions.form import from_pairs
from routing.conditions.form_edit import NEW_TEST, act
from routing.conditions.form_parts import (
    asked,
    parts_of,
    placed,
    readable,
    settled,
    usual_values,
)
from routing.conditions.form_view import Node, fields_by_group, form_of
from routing.conditions.wording import sentence
from routing.errors import Invalid, Problem
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.population.goal import read_goals
from routing.segments.history import Changed, changes, definition
from routing.segments.nearness import look, view_of
from routing.segments.segment import Model, Persona
from routing.segments.templates import fill, template
from routing.segments.written import with_segment
from routing.yaml_text import read_yaml

SAMPLED = 5_000
"""Customers that are looked at for examples and for a live count."""

EXAMPLES = 10

RESERVED = frozenset({"find", "new", "overlaps"})
"""Names whose pages would be hidden behind others."""

KEYS = {key: key for key in ("name", "model", "owner", "goal", "persona")}
"""The inputs of the form, by the key of the entry that they say."""


@dataclass(frozen=True, slots=True)
class EditSegment:
    """The form of a segment."""

    store: Store
    clock: Clock
    playbooks: EditPlaybook

    def begin(self, name: str | None, start: str | None) -> SegmentDraft:
        """A draft of a segment that is there, of a template, or of nothing. Raises NotThere."""
        playbook, text = self._live()
        if name is not None:
            return _of_live(playbook, text, name)
        draft = SegmentDraft(
            based_on=playbook.version,
            was=None,
            place=len(playbook.segments) + 1,
            name="",
            model=Model.BEHAVIOURAL,
            owner="",
            goal="",
            persona=Persona(),
            when=dict(NEW_TEST),
        )
        return draft if start is None else _of_template(draft, start, playbook)

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        """The condition that a form's pairs say, after one of the builder's buttons."""
        fields = self._live()[0].fields
        return act(settled(from_pairs(pairs, fields), fields), action)

    def look(self, draft: SegmentDraft, *, strict: bool = False) -> SegmentEditor:
        """The draft with who would be in it, and what is wrong with it."""
        playbook, text = self._live()
        fields, now = playbook.fields, self.clock.now()
        names = {name for name in asked(draft.when) if name in fields}
        derived = {fields[name].derived for name in names}
        with self.store.look() as work:
            sample = work.segments.sample(
                [trusted(record) for record in work.connections.sources()],
                names | {one.of for one in derived if one is not None},
                SAMPLED,
            )
            people = [person.name for person in work.people.everyone()]
        usual = usual_values(draft.when, fields, [one.facts for one in sample.customers])
        form = form_of(draft.when, fields, usual)
        condition, _ = readable(draft.when, fields)
        problems = _problems(draft, playbook, text) if strict else tuple(_own(draft, playbook))
        at, elsewhere = placed(problems, form, KEYS, strict=strict)
        return SegmentEditor(
            draft=draft,
            fields={
                group: tuple((one.name, one.says) for one in those)
                for group, those in fields_by_group(fields).items()
            },
            form=form,
            counts=_counts(form, draft.when, fields, sample, now),
            sentence=None if condition is None else sentence(condition),
            looked=None if condition is None else look(condition, sample.customers, now, EXAMPLES),
            known=sample.total,
            problems=at,
            elsewhere=elsewhere,
            places=tuple(one.name for one in playbook.segments if one.name != draft.was),
            people=tuple(people),
            goals=read_goals(draft.goal),
            now=now,
        )

    def publish(self, draft: SegmentDraft, person: Person) -> int:
        """Publish the playbook with this segment in it; the answer is the new version."""
        with self.store.look() as work:
            newest = work.playbooks.versions()
        playbook, text = self._live()
        if playbook.version != draft.based_on:
            raise Conflict(playbook.version, newest[0].by)
        if problems := _problems(draft, playbook, text):
            raise Invalid(problems)
        wrote = with_segment(text, draft.was, _said(draft), draft.place - 1)
        renames = {} if draft.was in {None, draft.name} else {str(draft.was): draft.name}
        change = ToPublish(wrote, draft.note, draft.based_on, renames)
        return self.playbooks.publish_draft(change, person)

    def since(self, draft: SegmentDraft) -> tuple[Changed, ...]:
        """What others have changed of the segment since the version the draft is based on."""
        with self.store.look() as work:
            before = work.playbooks.get(draft.based_on)
            live = work.playbooks.live()
        then, now = (
            next((one for one in of.segments if one.name == draft.was), None) if of else None
            for of in (before, live)
        )
        return () if then is None or now is None else changes(definition(then), definition(now))

    def _live(self) -> tuple[Playbook, str]:
        live = self.playbooks.live()
        if live is None:
            raise NotThere("No playbook is live yet, so there is none to put a segment into.")
        return live


def _of_live(playbook: Playbook, text: str, name: str) -> SegmentDraft:
    document: Any = read_yaml(text).value
    for place, segment in enumerate(playbook.segments):
        if segment.name == name:
            return SegmentDraft(
                based_on=playbook.version,
                was=name,
                place=place + 1,
                name=name,
                model=segment.model,
                owner=segment.owner,
                goal=segment.goal,
                persona=segment.persona,
                when=document["segments"][place]["when"],
            )
    raise NotThere(f"There is no segment “{name}” in the live playbook.")


def _of_template(draft: SegmentDraft, start: str, playbook: Playbook) -> SegmentDraft:
    try:
        chosen = template(start)
    except KeyError:
        raise NotThere(f"There is no template “{start}”.") from None
    return SegmentDraft(
        based_on=draft.based_on,
        was=None,
        place=draft.place,
        name=_free(chosen.title, {one.name for one in playbook.segments}),
        model=chosen.model,
        owner="",
        goal=chosen.goal,
        persona=chosen.persona,
        when=fill(chosen, {}),
    )


def _free(title: str, taken: set[str]) -> str:
    """The title, or with a number behind it where it is taken."""
    names = (title if n == 1 else f"{title} {n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _said(draft: SegmentDraft) -> dict[str, Any]:
    """The draft as an entry of the playbook's file."""
    persona = {key: said.strip() for key, said in asdict(draft.persona).items()}
    return {
        "name": draft.name,
        "model": str(draft.model),
        "owner": draft.owner,
        "when": draft.when,
        "persona": {key: said for key, said in persona.items() if said},
        "goal": draft.goal,
    }


def _problems(draft: SegmentDraft, playbook: Playbook, text: str) -> tuple[Problem, ...]:
    """What the playbook would say of the draft; paths of its own entry begin inside it."""
    own = tuple(_own(draft, playbook))
    if own:
        return own
    place = min(draft.place - 1, len(playbook.segments) - (draft.was is not None))
    try:
        read_playbook(with_segment(text, draft.was, _said(draft), draft.place - 1))
    except Invalid as error:
        return error.seen_from(("segments", place))
    return ()


def _own(draft: SegmentDraft, playbook: Playbook) -> Iterator[Problem]:
    taken = {one.name for one in playbook.segments if one.name != draft.was}
    if not draft.name:
        yield Problem(("name",), "The name is empty. Agents read it in the ticket.")
    elif draft.name in taken:
        yield Problem(("name",), f"Another segment is called “{draft.name}”. Choose another name.")
    elif draft.name in RESERVED or draft.name.endswith("/edit"):
        yield Problem(("name",), f"“{draft.name}” cannot be a name. Choose another one.")
    yield from readable(draft.when, playbook.fields)[1]


def _counts(
    form: Node, when: Any, fields: Fields, sample: CustomerSample, now: datetime
) -> dict[str, int]:
    """For each part of the condition, of how many customers it holds by itself, estimated."""
    parts = parts_of(form, when, fields)
    layout = Layout.of(parts.values())
    rows = [view_of(customer.facts, layout, now).row for customer in sample.customers]
    if not rows:
        return {}
    counts = {}
    for place, condition in parts.items():
        holds = compile_condition(condition, layout).holds
        counts[place] = round(sum(map(holds, rows)) * sample.total / len(rows))
    return counts
