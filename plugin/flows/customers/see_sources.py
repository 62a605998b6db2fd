"""Customer sources, as admins see, add, change, try and remove them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from itertools import starmap
from pathlib import Path
from typing import Protocol

from plugin.flows.customers.import_customers import ImportCustomers
from plugin.flows.customers.worked_out import (
    UPLOADED,
    WORKED_OUT,
    called,
    next_place,
    refuse_ours,
    uploaded_as,
)
from plugin.flows.import_rows import Line
from plugin.pages.refusals import BadSource, NotThere
from plugin.ports import Clock, Refused
from plugin.records.connections import SourceRecord, SourceState
from plugin.records.work import Store
from plugin.terms import BadTerms, read_names, read_terms, say_span
from plugin.views.sources import (
    SourceForm,
    SourceKind,
    SourceLine,
    TriedSource,
    TriedValue,
    Uploaded,
)
from routing.conditions.fields import CUSTOMER_FIELDS, Fields

SHOWN = 20
"""Refused rows that a page names; the rest is counted."""

TERMS = ("first_for", "fresh_for", "keep_for", "timeout")
"""What can be said of every source, beside what its kind asks for."""

LONGEST = 20_000
"""Most characters of one setting."""

_NAME = re.compile(r"[\w][\w .&'()/-]{0,59}")
_MOST_PLACE = 1_000_000


class Kinds(Protocol):
    """The kinds of source there are."""

    def all(self) -> tuple[SourceKind, ...]:
        """Every kind."""
        ...

    def problems(self, record: SourceRecord) -> dict[str, str]:
        """What is wrong with a source's settings, by setting."""
        ...

    def unsafe(self, record: SourceRecord, entered: Mapping[str, str]) -> dict[str, str]:
        """What of a source may be set up on this machine only, not from a page, by setting."""
        ...

    def mapped(self, record: SourceRecord) -> frozenset[str]:
        """The fields that a person's own map names, where there are no problems."""
        ...


@dataclass(frozen=True, slots=True)
class SeeSources:
    """The pages and commands of customer sources. ``read`` gives the rows of a file.

    ``ask`` looks one customer up in a process of its own; None if that ended badly.
    """

    store: Store
    clock: Clock
    offered: Kinds
    imports: ImportCustomers
    read: Callable[[Path], Iterable[Line]]
    ask: Callable[[str, str], bytes | None]

    def view(self) -> tuple[SourceLine, ...]:
        """Every source, the most trusted first, and at the end what the desks know themselves."""
        with self.store.look() as work:
            records = work.connections.sources()
            counts = work.customers.counts()
            states = work.source_states.all()
            desks = work.connections.desks()
        says = {kind.name: kind for kind in self.offered.all()}
        lines = []
        for record in records:
            kind = says.get(record.kind)
            line = _line(record, kind, counts.get(record.name), states.get(record.name))
            lines.append(line)
        lines += [
            SourceLine(desk.name, "desk", None, None, says="desk’s own fields", editable=False)
            for desk in desks
        ]
        return tuple(lines)

    def kinds(self) -> tuple[SourceKind, ...]:
        """Every kind of source that can be added with a form."""
        return tuple(kind for kind in self.offered.all() if kind.asks)

    def form(self, name: str | None, kind: str) -> SourceForm:
        """The form of a source, or with None of a new one of this kind."""
        if name is None:
            return SourceForm("", is_new=True, kind=self._kind(kind), place=self._last_place())
        refuse_ours(name)
        return self._form_of(self._record(name))

    def save(self, name: str, kind: str, values: Mapping[str, str], by: str, *, new: bool) -> None:
        """Add or change a source; a secret that is left empty stays as it is."""
        refuse_ours(name.strip())
        before = None if new else self._record(name)
        known = self._kind(kind if before is None else before.kind)
        place = self._last_place() if before is None else before.place
        record = _record_of(name.strip(), known, values, before, place)
        problems = self._problems(record, values, is_new=new)
        if not problems:
            problems = self.offered.unsafe(record, values)
        if problems:
            form = self._form_of(record)
            values = {**form.values, "place": values.get("place", "")}
            raise BadSource(replace(form, is_new=new, problems=problems, values=values))
        self.keep(record, by)

    def keep(self, record: SourceRecord, by: str) -> None:
        """Keep a source whose settings are right, and forget what it said under other ones."""
        now = self.clock.now()
        with self.store.work() as work:
            kept = {one.name: one for one in work.connections.sources()}
            before = kept.get(record.name)
            work.connections.save_source(record, now)
            if record.kind != UPLOADED and before != record:
                work.customers.forget_source(record.name)
                work.source_states.forget(record.name)
            did = "added" if before is None else "changed"
            work.audit.note(by, f"{did} the customer source {record.name} ({record.kind})", now)
            work.commit()

    def check(self, record: SourceRecord, *, instead: bool = False) -> dict[str, str]:
        """What is wrong with a source that is to be kept, by setting.

        ``instead`` says that it may take the place of one of its own name and kind.
        """
        refuse_ours(record.name)
        problems = self._problems(record, {"place": str(record.place)}, is_new=not instead)
        there = self._called(record.name)
        if instead and there is not None and (there.name, there.kind) != (record.name, record.kind):
            problems["name"] = (
                f"“{there.name}” is a source of the kind “{there.kind}”. Only one of the same name "
                "and kind is replaced; for another, first run `deskroute sources remove`."
            )
        return problems

    def remove(self, name: str, by: str) -> None:
        """Remove a source with all that is known from it."""
        refuse_ours(name)
        with self.store.work() as work:
            if not work.connections.remove_source(name):
                raise NotThere(f"There is no customer source “{name}”.")
            count = work.customers.forget_source(name)
            work.source_states.forget(name)
            did = f"removed the customer source {name} with {count} customers"
            work.audit.note(by, did, self.clock.now())
            work.commit()

    def try_out(self, name: str, who: str) -> TriedSource:
        """Look one customer up, by e-mail or the source's own id."""
        self._record(name)
        who = " ".join(who.split())[:200]
        if not who:
            raise Refused("Nobody was named. Enter an e-mail address, or an id of the source.")
        said = self.ask(name, who)
        if said is None:
            problem = f"{name} was given up on: it took too long, or its client failed."
            return TriedSource(name, who, 0.0, problem=problem)
        return tried_in(json.loads(said))

    def upload(self, source: str, path: Path, *, dry: bool) -> Uploaded:
        """Take a file's customers over as this source."""
        with self.store.look() as work:
            source = uploaded_as(source, work.connections.sources())
        report = self.imports(source, self.read(path), dry=dry)
        return Uploaded(
            source=source,
            dry=dry,
            read=report.read,
            changed=report.changed,
            refused_count=report.refused,
            refused=tuple((row.line, row.why) for row in report.named[:SHOWN]),
            passed_over=tuple(report.unknown_columns),
        )

    def _last_place(self) -> int:
        with self.store.look() as work:
            return next_place(work.connections.sources())

    def _record(self, name: str) -> SourceRecord:
        with self.store.look() as work:
            found = [one for one in work.connections.sources() if one.name == name]
        if not found:
            raise NotThere(f"There is no customer source “{name}”.")
        return found[0]

    def _kind(self, name: str) -> SourceKind:
        found = next((kind for kind in self.offered.all() if kind.name == name), None)
        if found is None:
            raise NotThere(f"There is no kind of source “{name[:40]}”.")
        return found

    def _form_of(self, record: SourceRecord) -> SourceForm:
        return SourceForm(
            name=record.name,
            is_new=False,
            kind=self._kind(record.kind),
            place=record.place,
            values={**record.settings, "place": str(record.place)},
            has=frozenset(name for name, secret in record.secrets.items() if secret),
        )

    def _problems(
        self, record: SourceRecord, values: Mapping[str, str], *, is_new: bool
    ) -> dict[str, str]:
        problems = self.offered.problems(record)
        place = values.get("place", "").strip()
        if place and (not place.isascii() or not place.isdigit() or int(place) > _MOST_PLACE):
            problems["place"] = "The place is a whole number from 0 on; the lowest is asked first."
        if not _NAME.fullmatch(record.name):
            problems["name"] = "A name has 1 to 60 letters, digits and blanks."
        elif is_new and (there := self._called(record.name)) is not None:
            problems["name"] = f"There is a source “{there.name}” already."
        long = [name for name, text in record.settings.items() if len(text) > LONGEST]
        problems |= dict.fromkeys(long, f"It is longer than {LONGEST:,} characters.")
        if problems:
            return problems
        fields = self._fields()
        for name, used in (
            ("first_for", read_names(record.settings.get("first_for", ""))),
            ("fields", self.offered.mapped(record)),
        ):
            unknown = sorted(one for one in used if one not in fields)
            if unknown:
                problems[name] = _no_field(unknown[0], fields)
        return problems

    def _called(self, name: str) -> SourceRecord | None:
        with self.store.look() as work:
            return called(name, work.connections.sources())

    def _fields(self) -> Fields:
        with self.store.look() as work:
            playbook = work.playbooks.live()
        return CUSTOMER_FIELDS if playbook is None else playbook.fields


def tried_out(tried: TriedSource) -> str:
    """What came of a try, as one JSON text."""
    return json.dumps(
        {
            "source": tried.source,
            "who": tried.who,
            "took": round(tried.took, 3),
            "known": tried.known,
            "problem": tried.problem,
            "mistake": tried.mistake,
            "values": [
                [one.field, one.says, one.kind, one.value, one.as_of] for one in tried.values
            ],
            "refused": [list(one) for one in tried.refused],
        }
    )


def tried_in(raw: Mapping[str, object]) -> TriedSource:
    """What came of a try, from the JSON that ``tried_out`` wrote."""
    values, refused = raw["values"], raw["refused"]
    assert isinstance(values, list)
    assert isinstance(refused, list)
    return TriedSource(
        source=str(raw["source"]),
        who=str(raw["who"]),
        took=float(str(raw["took"])),
        known=raw["known"] is True,
        problem=str(raw["problem"]),
        mistake=raw["mistake"] is True,
        values=tuple(starmap(TriedValue, values)),
        refused=tuple((str(name), str(why)) for name, why in refused),
    )


def _line(
    record: SourceRecord,
    kind: SourceKind | None,
    counted: tuple[int, datetime] | None,
    state: SourceState | None,
) -> SourceLine:
    count, newest = counted or (None, None)
    try:
        terms = read_terms(record.settings, remote=kind is None or kind.remote)
        fresh, first = say_span(terms.fresh_for), tuple(sorted(terms.first_for))
    except BadTerms:
        fresh, first = "", ()
    state = state or SourceState(record.name)
    ours = record.name == WORKED_OUT
    return SourceLine(
        name=record.name,
        kind=record.kind,
        customers=count,
        read_at=newest,
        place=record.place,
        says="worked out here" if ours else record.kind if kind is None else kind.says,
        first_for=first,
        fresh_for=fresh,
        answered_at=state.answered_at,
        down_since=state.down_since,
        next_try_at=state.next_try_at,
        last_error=state.last_error,
        editable=not ours,
    )


def _record_of(
    name: str,
    kind: SourceKind,
    values: Mapping[str, str],
    before: SourceRecord | None,
    place: int,
) -> SourceRecord:
    """The record a filled-in form means. What is empty is not kept; ``place`` is its default."""
    open_names = [ask.name for ask in kind.asks if not ask.secret] + list(TERMS)
    settings = {key: values.get(key, "").strip() for key in open_names}
    secrets = {ask.name: values.get(ask.name, "").strip() for ask in kind.asks if ask.secret}
    kept = {} if before is None else dict(before.secrets)
    entered = values.get("place", "").strip()
    is_number = entered.isascii() and entered.isdigit() and len(entered) < 8
    return SourceRecord(
        name=name,
        kind=kind.name,
        settings={key: text for key, text in settings.items() if text},
        secrets={**kept, **{key: text for key, text in secrets.items() if text}},
        place=int(entered) if is_number else place,
    )


def _no_field(name: str, fields: Fields) -> str:
    close = get_close_matches(name, list(fields), n=1)
    return f"There is no field “{name[:60]}”." + (f" Did you mean {close[0]}?" if close else "")
