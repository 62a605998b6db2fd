"""Conditions over a million rows at once: the same tree over numpy columns.

Truth has the same three values as for one ticket, held as 1 (holds), 0 (unknown) and -1 (fails):
"all" is then the least of its parts, "any" the greatest, and "not" a change of sign (Kleene's
strong logic). Text is kept as one code per row, so that each of its tests runs once for each
different text, and is the very test that one ticket gets.

Nothing that a worker imports may import this module: it loads numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.conditions.fields import Field
from routing.conditions.operators import Check, Looks
from routing.conditions.tree import All, Always, AnyOf, Condition, Not, Test
from routing.conditions.values import Kind, as_kind, from_plain, normal
from routing.tickets import Value

Marks = NDArray[np.int8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """How a condition came out for each row: ``marks`` are 1 holds, 0 unknown, -1 fails."""

    marks: Marks

    @property
    def holds(self) -> Bools:
        """The rows for which it certainly holds."""
        holds: Bools = self.marks == 1
        return holds

    @property
    def fails(self) -> Bools:
        """The rows for which it certainly does not hold."""
        fails: Bools = self.marks == -1
        return fails


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """Text, words, yes or no: ``codes`` are places in ``uniques``, -1 where it is unknown."""

    codes: NDArray[np.int32]
    uniques: Sequence[Value]

    @property
    def known(self) -> Bools:
        return self.codes >= 0

    def judge(self, test: Test) -> Marks:
        by_code = np.zeros(len(self.uniques) + 1, dtype=np.int8)
        passes = test.passes
        by_code[:-1] = [1 if passes(one) else -1 for one in self.uniques]
        # The code -1 picks the last one, which is unknown.
        return by_code[self.codes]


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Numbers as they are, dates as days and moments as microseconds since a zero of their own."""

    kind: Kind
    numbers: NDArray[Any]
    known: Bools

    def judge(self, test: Test) -> Marks:
        if test.operator.name in _FORMS:
            holds = _FORMS[test.operator.name](self.numbers, _measure(test.against))
        else:
            holds = self._one_by_one(test.passes)
        return _marks(holds, self.known)

    def _one_by_one(self, passes: Check) -> Bools:
        different, places = np.unique(self.numbers, return_inverse=True)
        values = (_EPOCH + int(one) * _MICROSECOND for one in different)
        return np.fromiter(map(passes, values), dtype=np.bool_, count=len(different))[places]

    def judge_age(self, test: Test, clock: _Clock) -> Marks:
        unit = _DAY if self.kind is Kind.DATE else _MICROSECOND
        ages = clock.measured(self.kind) - self.numbers
        span = test.against
        assert isinstance(span, timedelta)
        return _marks(_AGE_FORMS[test.operator.name](ages, span // unit), self.known)


_Column = _Coded | _Measured

_FORMS: Mapping[str, Callable[[NDArray[Any], Any], Bools]] = {
    "is": lambda values, one: values == one,
    "is not": lambda values, one: values != one,
    "is any of": np.isin,
    "is none of": lambda values, many: np.isin(values, many, invert=True),
    "at least": lambda values, one: values >= one,
    "at most": lambda values, one: values <= one,
    "more than": lambda values, one: values > one,
    "less than": lambda values, one: values < one,
    "between": lambda values, ends: (values >= ends[0]) & (values <= ends[1]),
    "before": lambda values, one: values < one,
    "after": lambda values, one: values > one,
}
_AGE_FORMS: Mapping[str, Callable[[NDArray[Any], int], Bools]] = {
    "within the last": lambda ages, span: (ages >= 0) & (ages <= span),
    "older than": lambda ages, span: ages > span,
    "within the next": lambda ages, span: (ages >= -span) & (ages <= 0),
}


def _measure(value: Any) -> Any:
    """A number, date or moment as a column of its kind holds it; of several, each."""
    if isinstance(value, tuple):
        return [_measure(one) for one in value]
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    return value.toordinal() if isinstance(value, date) else value


def _marks(holds: Bools, known: Bools) -> Marks:
    marks = holds.view(np.int8) * np.int8(2)
    marks -= np.int8(1)
    marks *= known.view(np.int8)
    return marks


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """One field over all rows; ``fresh`` None where every value is."""

    column: _Column
    fresh: Bools | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Clock:
    """What time it is: one moment for all rows, or one for each."""

    nows: Sequence[datetime]

    @property
    def is_one(self) -> bool:
        return len(self.nows) == 1

    def of(self, rows: int) -> Iterable[datetime]:
        """The moment of each row."""
        return repeat(self.nows[0], rows) if self.is_one else self.nows

    def measured(self, kind: Kind) -> NDArray[np.int64]:
        """The moments as a column of this kind holds them; a single one serves all rows."""
        nows: Iterable[date] = (one.date() for one in self.nows) if kind is Kind.DATE else self.nows
        return np.fromiter(map(_measure, nows), dtype=np.int64, count=len(self.nows))


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Fields over ``size`` rows, each as it is at its time, made by ``Table.build``.

    A table is a state: nothing in it has just changed.
    """

    size: int
    clock: _Clock
    told: Mapping[str, _Told]

    @classmethod
    def build(
        cls,
        fields: Iterable[Field],
        values: Mapping[str, Sequence[object | None]],
        now: datetime | Sequence[datetime],
        fresh_until: Mapping[str, Sequence[datetime | None]] | None = None,
        *,
        size: int | None = None,
    ) -> Table:
        """A table of these fields from plain values, as ``routing.record.value_out`` gives them.

        ``values`` has one sequence for each field, all of one length; None, a field that is not
        in it, and a value that cannot be read as its field's kind are unknown. A derived field
        wants those of the field it is derived from as well. ``now`` is one moment for all rows, or
        one for each. ``fresh_until`` says until when a value is fresh; None, or no entry for the
        field, is for ever. ``size`` is the number of rows, for when there may be no values at all.
        Raises ValueError where lengths differ.
        """
        lengths = {len(one) for one in values.values()}
        if not isinstance(now, datetime):
            lengths.add(len(now))
        rows = size if size is not None else max(lengths, default=0)
        if lengths - {rows}:
            raise ValueError(f"Columns of {sorted(lengths)} rows do not make a table of {rows}.")
        clock = _Clock((now,) if isinstance(now, datetime) else now)
        build = _Builder(values, clock, fresh_until or {}, rows)
        return cls(rows, clock, {field.name: build.told(field) for field in fields})

    def put(self, field: Field, codes: NDArray[np.int32], values: Sequence[Value]) -> Table:
        """The same table with one more field: each row's place in ``values``, -1 for unknown.

        For text and words that were decided on the way, such as the segment.
        """
        column = _Coded(codes, [normal(one) for one in values])
        return Table(self.size, self.clock, {**self.told, field.name: _Told(column)})

    def __len__(self) -> int:
        return self.size

    def numbers(self, name: str) -> Floats:
        """The numbers of a field, NaN where unknown. Raises KeyError, or TypeError by its kind."""
        column = self.told[name].column
        if isinstance(column, _Coded) or column.kind is not Kind.NUMBER:
            raise TypeError(f"{name} holds no numbers.")
        numbers: Floats = column.numbers
        return numbers

    def days(self, name: str) -> Floats:
        """The dates of a field as days since the year 1, NaN where unknown. Raises the same."""
        column = self.told[name].column
        if isinstance(column, _Coded) or column.kind is not Kind.DATE:
            raise TypeError(f"{name} holds no dates.")
        return np.where(column.known, column.numbers.astype(np.float64), np.nan)

    def codes(self, name: str) -> tuple[NDArray[np.int32], Sequence[Value]]:
        """The texts or words of a field: each row's place in the values, -1 for unknown.

        Raises KeyError where there is no such column, and TypeError where it holds no texts.
        """
        column = self.told[name].column
        if not isinstance(column, _Coded):
            raise TypeError(f"{name} holds no texts.")
        return column.codes, column.uniques

    def known(self, name: str) -> Bools:
        """The rows in which a field is known. Raises KeyError where there is no such column."""
        return self.told[name].column.known

    def stale(self, name: str) -> Bools:
        """The rows in which a field is known and no longer fresh."""
        told = self.told[name]
        return (
            np.zeros(self.size, np.bool_) if told.fresh is None else self.known(name) & ~told.fresh
        )

    def count_unknown(self, name: str) -> int:
        """In how many rows a field is unknown."""
        return self.size - int(self.known(name).sum())

    def count_stale(self, name: str) -> int:
        """In how many rows a field is known and no longer fresh."""
        return int(self.stale(name).sum())


def truth(condition: Condition, table: Table) -> Truth:
    """How a condition comes out for each row of a table.

    Raises KeyError where it asks about a field that is not in the table.
    """
    return Truth(_judge(condition, table))


def _judge(condition: Condition, table: Table) -> Marks:
    match condition:
        case Always():
            return np.ones(table.size, dtype=np.int8)
        case Test():
            return _judge_test(condition, table)
        case Not(part):
            return -_judge(part, table)
        case All(parts):
            return reduce(np.minimum, (_judge(part, table) for part in parts))
        case AnyOf(parts):
            return reduce(np.maximum, (_judge(part, table) for part in parts))


def _judge_test(test: Test, table: Table) -> Marks:
    told = table.told[test.field.name]
    column = told.column
    missing = test.operator.when_missing
    match test.operator.looks:
        case Looks.CHANGE:
            return np.full(table.size, -1, dtype=np.int8)
        case Looks.FRESHNESS:
            fresh = np.ones(table.size, np.bool_) if told.fresh is None else told.fresh
            asked = fresh if test.operator.name == "is fresh" else ~fresh
            return _marks(asked, column.known)
        case Looks.AGE:
            assert isinstance(column, _Measured)
            return column.judge_age(test, table.clock)
        case Looks.VALUE if missing is None:
            return column.judge(test)
        case Looks.VALUE:
            # It asks about knowing itself, and every known value comes out alike.
            return _marks(~column.known if missing else column.known, np.ones(table.size, np.bool_))


@dataclass(frozen=True, slots=True)
class _Builder:
    values: Mapping[str, Sequence[object | None]]
    clock: _Clock
    fresh_until: Mapping[str, Sequence[datetime | None]]
    rows: int

    def told(self, field: Field) -> _Told:
        if field.clock is not None:
            read = _column([field.clock(now) for now in self.clock.nows], field.kind)
            return _Told(_repeated(read, self.rows) if self.clock.is_one else read)
        if field.derived is not None and field.derived.of in self.values:
            return self._derived(field)
        return _Told(_column(self._raw(field.name), field.kind), self._fresh(field.name))

    def _raw(self, name: str) -> Sequence[object | None]:
        return self.values.get(name) or [None] * self.rows

    def _fresh(self, name: str) -> Bools | None:
        until = self.fresh_until.get(name)
        if until is None:
            return None
        nows = self.clock.of(self.rows)
        fresh = (one is None or now <= one for one, now in zip(until, nows, strict=True))
        return np.fromiter(fresh, dtype=np.bool_, count=self.rows)

    def _derived(self, field: Field) -> _Told:
        derived = field.derived
        assert derived is not None
        base, own = self._raw(derived.of), self._raw(field.name)
        worked = [
            None if (value := _value(raw)) is None else derived.work_out(value, now)
            for raw, now in zip(base, self.clock.of(self.rows), strict=True)
        ]
        values = [mine if one is None else one for one, mine in zip(worked, own, strict=True)]
        return _Told(
            _column(values, field.kind), self._derived_fresh(worked, derived.of, field.name)
        )

    def _derived_fresh(self, worked: Sequence[object], base: str, own: str) -> Bools | None:
        freshes = [self._fresh(base), self._fresh(own)]
        if all(fresh is None for fresh in freshes):
            return None
        ones = np.ones(self.rows, np.bool_)
        first, second = (ones if fresh is None else fresh for fresh in freshes)
        told = np.fromiter((one is not None for one in worked), np.bool_, self.rows)
        return np.where(told, first, second)


def _repeated(column: _Column, rows: int) -> _Column:
    if isinstance(column, _Coded):
        return _Coded(np.repeat(column.codes, rows), column.uniques)
    return _Measured(column.kind, np.repeat(column.numbers, rows), np.repeat(column.known, rows))


def _column(raws: Sequence[object | None], kind: Kind) -> _Column:
    if kind is Kind.NUMBER and {*map(type, raws)} <= {float, int, type(None)}:
        try:
            numbers = np.array(raws, dtype=np.float64)
        except OverflowError:
            pass
        else:
            return _Measured(kind, numbers, ~np.isnan(numbers))
    codes, uniques = _encoded(raws, kind)
    if kind in {Kind.TEXT, Kind.WORDS, Kind.YES_NO}:
        return _Coded(codes, uniques)
    missing, dtype = _STORED[kind]
    by_code: NDArray[Any] = np.array([*(_measure(one) for one in uniques), missing], dtype=dtype)
    return _Measured(kind, by_code[codes], codes >= 0)


_STORED: Mapping[Kind, tuple[Any, type]] = {
    Kind.NUMBER: (np.nan, np.float64),
    Kind.DATE: (0, np.int32),
    Kind.MOMENT: (0, np.int64),
}


class _Codes(dict[object, int]):  # ruff: ignore[subclass-builtin]  # its look-up runs in C
    """The code of each raw text, given out when it is first met."""

    def __init__(self, kind: Kind) -> None:
        super().__init__({None: -1})
        self.kind = kind
        self.by_value: dict[Value, int] = {}

    def __missing__(self, raw: object) -> int:
        code = self[raw] = self.code_of(raw)
        return code

    def code_of(self, raw: object) -> int:
        value = _value(raw)
        held = None if value is None else as_kind(self.kind, value)
        return -1 if held is None else self.by_value.setdefault(normal(held), len(self.by_value))


def _encoded(
    raws: Sequence[object | None], kind: Kind
) -> tuple[NDArray[np.int32], tuple[Value, ...]]:
    """Each value's code, -1 for unknown, and the values in normal form by code."""
    codes = _Codes(kind)
    if {*map(type, raws)} <= {str, type(None)}:
        found: Iterable[int] = map(codes.__getitem__, raws)
    else:
        found = _encoded_mixed(raws, codes)
    return np.fromiter(found, dtype=np.int32, count=len(raws)), tuple(codes.by_value)


def _encoded_mixed(raws: Sequence[object | None], codes: _Codes) -> Iterable[int]:
    known: dict[object, int] = {}
    for raw in raws:
        key = _key(raw)
        code = known.get(key)
        if code is None:
            code = known[key] = codes.code_of(raw)
        yield code


def _key(raw: object) -> object:
    """What stands for a raw value in a dict, where True and 1 must not meet."""
    if isinstance(raw, dict):
        ((mark, inner),) = raw.items() if len(raw) == 1 else ((None, repr(raw)),)
        return mark, tuple(inner) if isinstance(inner, list) else str(inner)
    try:
        hash(raw)
    except TypeError:
        return repr(raw)
    return type(raw), raw


def _value(raw: object) -> Value | None:
    """A plain value as a value; None, unknown, where it is none."""
    if isinstance(raw, date | frozenset):
        return raw
    try:
        return from_plain(raw)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
