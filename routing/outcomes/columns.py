"""Many tickets in columns of small numbers: what reports count, and nothing of who or what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from routing.outcomes.dimensions import Clock, Dimension, Era, Kind
from routing.outcomes.numbers import Numbers
from routing.outcomes.scale import ENDED, FINE, GOING, STOPPED, Codes, Scale

T = TypeVar("T")

States = dict[Kind, NDArray[np.uint8]]
Spent = dict[tuple[Clock, Kind], NDArray[np.float64]]


class Flag(IntFlag):
    """What is true of a ticket."""

    SOLVED_ONCE = 1
    ONE_TOUCH = 2
    REOPENED = 4
    TRANSFERRED = 8
    SURVEYED = 16
    ANSWERED = 32
    GONE = 64
    PROMISED = 128
    KEPT = 256
    BROKEN = 512
    NPS_ASKED = 1024
    NPS_ANSWERED = 2048
    CES_ASKED = 4096
    CES_ANSWERED = 8192
    TOUCHES_KNOWN = 16384
    REPLIES_UNKNOWN = 32768


RATINGS = ("score", "nps", "ces")
KINDS = (Kind.FIRST_REPLY, Kind.FIRST_RESOLUTION, Kind.RESOLUTION)


class Happened(NamedTuple):
    """What became of a ticket but for how long it took: Flag bits, and its ratings.

    A rating is one more than what was given, and 0 where nothing was.
    """

    flags: int
    score: int
    nps: int
    ces: int


@dataclass(frozen=True, slots=True, eq=False)
class Coded(Generic[T]):
    """A column of few different values: each row's is ``labels[codes[row]]``."""

    labels: tuple[T, ...]
    codes: Codes

    def __getitem__(self, rows: NDArray[Any] | slice) -> Coded[T]:
        return Coded(self.labels, self.codes[rows])

    @property
    def used(self) -> tuple[T, ...]:
        """The labels that some row has."""
        rows = np.bincount(self.codes, minlength=len(self.labels))
        return tuple(label for label, n in zip(self.labels, rows, strict=True) if n)

    def among(self, labels: Collection[T]) -> NDArray[np.bool_]:
        """Which rows have one of these labels."""
        wanted = np.array([label in labels for label in self.labels], dtype=np.bool_)
        return wanted.take(self.codes)

    def code(self, label: T) -> int:
        """The code of a label; one that no row has where there is none."""
        return self.labels.index(label) if label in self.labels else len(self.labels)


Labelled = Coded[str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """Tickets that still wait for something, one row each.

    ``opened`` is in seconds since 1970, ``kinds`` has of each kind whether they wait for that, and
    ``deadline`` is the length in seconds by which a promise would be broken that is neither kept
    nor broken yet, and 0 without one.
    """

    opened: NDArray[np.uint32]
    kinds: NDArray[np.bool_]
    deadline: NDArray[np.uint32]
    schedule: Labelled

    def __getitem__(self, rows: NDArray[Any]) -> Open:
        return Open(self.opened[rows], self.kinds[rows], self.deadline[rows], self.schedule[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Tickets in columns, one row each.

    ``opened`` is in seconds since 1970. ``waits`` has of each clock and kind where on ``scale`` it
    stands; what counts nowhere stands there as if it had just begun: tickets that are gone, and
    first replies of tickets whose replies nobody counted. ``deadline`` and ``schedule`` are those
    of ``Open``.

    Two things follow from these, and are worked out once: ``going`` are the rows of tickets that
    still wait for something, which what counts nowhere does not, and ``open`` is what is known of
    them; ``again`` are the rows of those that were not solved for good by their first solving.
    """

    scale: Scale
    opened: NDArray[np.uint32]
    happened: Coded[Happened]
    waits: Mapping[tuple[Clock, Kind], Codes]
    deadline: NDArray[np.uint32]
    schedule: Labelled
    dimensions: Mapping[Dimension, Labelled]
    going: NDArray[np.intp]
    open: Open
    again: Mapping[Clock, NDArray[np.intp]]

    def __len__(self) -> int:
        return len(self.opened)

    def where(self, wanted: Mapping[Dimension, str | None]) -> NDArray[np.bool_]:
        """Which rows have all these labels."""
        fits = np.ones(len(self), dtype=np.bool_)
        for dimension, label in wanted.items():
            column = self.dimensions[dimension]
            fits &= column.codes == column.code(label)
        return fits


def columns(tickets: Sequence[Numbers], scale: Scale = FINE) -> Columns:
    """Tickets in columns, their lengths of time on a scale."""
    by_column = zip(*tickets, strict=True) if tickets else [()] * len(Numbers._fields)
    return _columns(_Told(*(np.array(one, dtype=np.object_) for one in by_column)), scale)


class _Told(NamedTuple):
    """The columns of Numbers as they come: None where there is nothing."""

    opened: NDArray[Any]
    first_reply: NDArray[Any]
    first_solved: NDArray[Any]
    solved: NDArray[Any]
    first_reply_worked: NDArray[Any]
    first_solved_worked: NDArray[Any]
    solved_worked: NDArray[Any]
    schedule: NDArray[Any]
    first_reply_target: NDArray[Any]
    resolution_target: NDArray[Any]
    public_replies: NDArray[Any]
    reopens: NDArray[Any]
    transfers: NDArray[Any]
    surveyed: NDArray[Any]
    score: NDArray[Any]
    nps: NDArray[Any]
    ces: NDArray[Any]
    nps_asked: NDArray[Any]
    ces_asked: NDArray[Any]
    gone: NDArray[Any]
    routed: NDArray[Any]
    segment: NDArray[Any]
    queue: NDArray[Any]
    channel: NDArray[Any]
    language: NDArray[Any]
    desk: NDArray[Any]
    rule: NDArray[Any]
    agent: NDArray[Any]


def _columns(told: _Told, scale: Scale) -> Columns:
    states, lengths = _spent(told)
    promises, deadline = _promises(told, states, lengths)
    happened = _happened(promises | _flags(told, states), told)
    gone = ~_missing(told.gone)
    nowhere = dict.fromkeys(KINDS, gone)
    nowhere[Kind.FIRST_REPLY] = gone | _missing(told.public_replies)
    waits = {
        (clock, kind): scale.places(
            np.where(nowhere[kind], 0, length), np.where(nowhere[kind], GOING, states[kind])
        )
        for (clock, kind), length in lengths.items()
    }
    return _with_the_open(
        scale=scale,
        opened=told.opened.astype(np.uint32),
        happened=happened,
        waits=waits,
        deadline=deadline,
        schedule=_coded(told.schedule),
        dimensions={
            Dimension.SEGMENT: _coded(told.segment),
            Dimension.QUEUE: _coded(told.queue),
            Dimension.CHANNEL: _coded(told.channel),
            Dimension.LANGUAGE: _coded(told.language),
            Dimension.DESK: _coded(told.desk),
            Dimension.RULE: _coded(told.rule),
            Dimension.AGENT: _coded(told.agent),
            Dimension.ERA: Coded((Era.BEFORE.value, Era.WITH.value), told.routed.astype(np.uint8)),
        },
    )


def _with_the_open(**told: Any) -> Columns:
    """Columns with what follows from them."""
    scale, waits, happened = told["scale"], told["waits"], told["happened"]
    states = [scale.states(waits[Clock.CALENDAR, kind]) == GOING for kind in KINDS]
    flags = np.array([one.flags for one in happened.labels], dtype=np.uint16)
    there = (flags & Flag.GONE == 0)[happened.codes]
    if (flags & Flag.REPLIES_UNKNOWN).any():
        states[KINDS.index(Kind.FIRST_REPLY)] &= (flags & Flag.REPLIES_UNKNOWN == 0)[happened.codes]
    rows = np.flatnonzero(np.logical_or.reduce(states) & there)
    return Columns(
        **told,
        going=rows,
        open=Open(
            opened=told["opened"][rows],
            kinds=np.stack([one[rows] for one in states], axis=1),
            deadline=told["deadline"][rows],
            schedule=told["schedule"][rows],
        ),
        again={
            clock: np.flatnonzero(
                waits[clock, Kind.FIRST_RESOLUTION] != waits[clock, Kind.RESOLUTION]
            )
            for clock in Clock
        },
    )


def _spent(told: _Told) -> tuple[States, Spent]:
    """How each wait stands, and how long it took: seconds of either clock, 0 while it goes on."""
    opened = told.opened.astype(np.float64)
    ends = {
        Kind.FIRST_REPLY: (_numbers(told.first_reply), _numbers(told.first_reply_worked)),
        Kind.FIRST_RESOLUTION: (_numbers(told.first_solved), _numbers(told.first_solved_worked)),
        Kind.RESOLUTION: (_numbers(told.solved), _numbers(told.solved_worked)),
    }
    timed = ~_missing(told.schedule)
    states: States = {}
    lengths: Spent = {}
    for kind, (end, worked) in ends.items():
        # Who was solved without a reply (by telephone, say) does not wait for one any longer.
        stop, stop_worked = ends[Kind.RESOLUTION] if kind is Kind.FIRST_REPLY else (end, worked)
        states[kind] = np.where(
            ~np.isnan(end), ENDED, np.where(~np.isnan(stop), STOPPED, GOING)
        ).astype(np.uint8)
        # A desk's clock may run behind another's; nothing takes less than no time.
        spent = np.maximum(np.where(np.isnan(end), stop, end) - opened, 0.0)
        spent_worked = np.where(np.isnan(end), stop_worked, worked)
        lengths[Clock.CALENDAR, kind] = np.nan_to_num(spent)
        known = timed & ~np.isnan(spent_worked)
        lengths[Clock.WORKING, kind] = np.nan_to_num(np.where(known, spent_worked, spent))
    return states, lengths


def _flags(told: _Told, states: States) -> NDArray[np.uint16]:
    once, solved = (states[kind] == ENDED for kind in (Kind.FIRST_RESOLUTION, Kind.RESOLUTION))
    reopened, moved = told.reopens > 0, told.transfers > 0
    replied_once, counted = told.public_replies == 1, ~_missing(told.public_replies)
    asked, nps_asked, ces_asked = (
        one.astype(np.bool_) for one in (told.surveyed, told.nps_asked, told.ces_asked)
    )
    flags = np.zeros(len(solved), dtype=np.uint16)
    for flag, holds in (
        (Flag.SOLVED_ONCE, once),
        (Flag.ONE_TOUCH, solved & replied_once & ~reopened & ~moved),
        (Flag.TOUCHES_KNOWN, once & counted),
        (Flag.REPLIES_UNKNOWN, ~counted),
        # What a file says of a ticket that it never solved is no reopening.
        (Flag.REOPENED, once & reopened),
        (Flag.TRANSFERRED, moved),
        (Flag.SURVEYED, asked),
        (Flag.ANSWERED, asked & ~_missing(told.score)),
        (Flag.NPS_ASKED, nps_asked),
        (Flag.NPS_ANSWERED, nps_asked & ~_missing(told.nps)),
        (Flag.CES_ASKED, ces_asked),
        (Flag.CES_ANSWERED, ces_asked & ~_missing(told.ces)),
        (Flag.GONE, ~_missing(told.gone)),
    ):
        flags |= np.where(holds.astype(np.bool_), np.uint16(flag), np.uint16(0))
    return flags


def _happened(flags: NDArray[np.uint16], told: _Told) -> Coded[Happened]:
    given = [_ratings(getattr(told, name)) for name in RATINGS]
    # All four as one number, so that the same ones are found at once.
    keys = flags.astype(np.int64)
    for place, column in enumerate(given):
        keys |= column.astype(np.int64) << (16 + 8 * place)
    _, rows, codes = np.unique(keys, return_index=True, return_inverse=True)
    each = np.stack([flags, *given], axis=1)[rows].tolist()
    return Coded(tuple(map(Happened._make, each)), codes.astype(_small(len(rows))))


def _promises(
    told: _Told, states: States, lengths: Spent
) -> tuple[NDArray[np.uint16], NDArray[np.uint32]]:
    """Which promises were made, kept and broken so far, and when the next one would be broken.

    As ``routing.outcomes.promise`` says it of one ticket: the same in columns.
    """
    timed = ~_missing(told.schedule)

    def took(kind: Kind) -> NDArray[np.float64]:
        spent = np.where(timed, lengths[Clock.WORKING, kind], lengths[Clock.CALENDAR, kind])
        return np.where(states[kind] == ENDED, spent, np.inf)

    promised, broken = (np.zeros(len(timed), dtype=np.bool_) for _ in range(2))
    deadline = np.full(len(timed), np.inf)
    answered = np.minimum(took(Kind.FIRST_REPLY), took(Kind.FIRST_RESOLUTION))
    for target, done in (
        (_numbers(told.first_reply_target), answered),
        (_numbers(told.resolution_target), took(Kind.RESOLUTION)),
    ):
        asked, ended = ~np.isnan(target), np.isfinite(done)
        promised |= asked
        broken |= asked & ended & (done > target)
        deadline = np.where(asked & ~ended, np.minimum(deadline, target), deadline)
    undecided = promised & ~broken & np.isfinite(deadline)
    flags = np.zeros(len(timed), dtype=np.uint16)
    for flag, holds in (
        (Flag.PROMISED, promised),
        (Flag.BROKEN, broken),
        (Flag.KEPT, promised & ~broken & ~undecided),
    ):
        flags |= np.where(holds, np.uint16(flag), np.uint16(0))
    # A length of 0 would say that there is none.
    return flags, np.where(undecided, np.maximum(deadline, 1), 0).astype(np.uint32)


def _numbers(column: NDArray[Any]) -> NDArray[np.float64]:
    return column.astype(np.float64)


def _missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    return np.fromiter((value is None for value in column.tolist()), np.bool_, len(column))


def _ratings(column: NDArray[Any]) -> NDArray[np.uint8]:
    return np.nan_to_num(_numbers(column) + 1, nan=0).astype(np.uint8)


def _coded(column: NDArray[Any]) -> Labelled:
    labels = {label: code for code, label in enumerate(dict.fromkeys(column.tolist()))}
    codes = np.fromiter((labels[label] for label in column.tolist()), np.int64, len(column))
    return Coded(tuple(labels), codes.astype(_small(len(labels))))


def _small(labels: int) -> type[np.uint8 | np.uint16 | np.uint32]:
    """The smallest numbers that can tell so many labels apart, and one more."""
    if labels < 1 << 8:
        return np.uint8
    return np.uint16 if labels < 1 << 16 else np.uint32


def together(parts: Sequence[Columns]) -> Columns:
    """Several columns (one at least, all of one scale) as one, in their order."""
    first = parts[0]

    def one(column: Iterable[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(list(column))

    return _with_the_open(
        scale=first.scale,
        opened=one(part.opened for part in parts),
        happened=_labels_together([part.happened for part in parts]),
        waits={key: one(part.waits[key] for part in parts) for key in first.waits},
        deadline=one(part.deadline for part in parts),
        schedule=_labels_together([part.schedule for part in parts]),
        dimensions={
            key: _labels_together([part.dimensions[key] for part in parts])
            for key in first.dimensions
        },
    )


def open_together(parts: Sequence[Open]) -> Open:
    """The tickets of several as one, in their order."""
    return Open(
        opened=np.concatenate([part.opened for part in parts]),
        kinds=np.concatenate([part.kinds for part in parts]),
        deadline=np.concatenate([part.deadline for part in parts]),
        schedule=_labels_together([part.schedule for part in parts]),
    )


def _labels_together(parts: Sequence[Coded[T]]) -> Coded[T]:
    labels = tuple(dict.fromkeys(chain.from_iterable(part.labels for part in parts)))
    places = {label: place for place, label in enumerate(labels)}
    kind = _small(len(labels))
    new = [np.array([places[label] for label in part.labels], dtype=kind) for part in parts]
    codes = [place[part.codes] for place, part in zip(new, parts, strict=True) if len(part.codes)]
    return Coded(labels, np.concatenate(codes) if codes else np.zeros(0, dtype=kind))


def packed(told: Columns) -> bytes:
    """Columns on the fine scale as bytes: what each column is, then the columns."""
    if told.scale is not FINE:
        raise ValueError("only columns on the fine scale are packed")
    columns = _arrays(told)
    head = {
        "rows": len(told),
        "kinds": {name: column.dtype.str for name, column in columns.items()},
        "happened": [[*one] for one in told.happened.labels],
        "labels": {
            name: column.labels for name, column in (("schedule", told.schedule), *_named(told))
        },
    }
    written = orjson.dumps(head)
    # Wide columns first, and the head filled up, so that each begins where the machine likes it.
    written += b" " * (-(len(written) + 4) % 8)
    length = len(written).to_bytes(4, "little")
    return b"".join([length, written, *(column.tobytes() for column in columns.values())])


def unpacked(raw: bytes) -> Columns:
    """Columns from what ``packed`` wrote."""
    at = 4 + int.from_bytes(raw[:4], "little")
    head = orjson.loads(raw[4:at])
    found: dict[str, NDArray[Any]] = {}
    for name, kind in head["kinds"].items():
        found[name] = np.frombuffer(raw, kind, head["rows"], at)
        at += found[name].nbytes

    def coded(name: str) -> Labelled:
        return Coded(tuple(head["labels"][name]), found[name])

    waits = {(clock, kind): found[f"{clock} {kind}"] for clock in Clock for kind in KINDS}
    happened = Coded(tuple(map(Happened._make, head["happened"])), found["happened"])
    return _with_the_open(
        scale=FINE,
        opened=found["opened"],
        happened=happened,
        waits=waits,
        deadline=found["deadline"],
        schedule=coded("schedule"),
        dimensions={dimension: coded(dimension) for dimension in Dimension},
    )


def _named(told: Columns) -> Iterable[tuple[str, Labelled]]:
    return ((dimension.value, column) for dimension, column in told.dimensions.items())


def _arrays(told: Columns) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        "opened": told.opened,
        "happened": told.happened.codes,
        **{f"{clock} {kind}": column for (clock, kind), column in told.waits.items()},
        "deadline": told.deadline,
        "schedule": told.schedule.codes,
        **{name: column.codes for name, column in _named(told)},
    }
    return dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))
