"""Customer sources, and how they are added and tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SourceAsk:
    """One thing to enter for a kind of customer source. A ``secret`` is never shown again.

    ``lines`` is how high its box is; ``default`` what counts where nothing is entered.
    """

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    needed: bool = True
    lines: int = 1
    default: str = ""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of customer source: what to enter, and where it finds which of our fields.

    ``remote`` says that it is asked over the network for each customer. ``missing`` says what has
    to be installed before one can be added; empty if nothing has to be.
    """

    name: str
    says: str
    asks: tuple[SourceAsk, ...]
    fields: Mapping[str, str]
    remote: bool = True
    missing: str = ""

    @property
    def is_mapped(self) -> bool:
        """Whether its answers have a shape of their own, of which a map says what is what."""
        return "fields" in [ask.name for ask in self.asks]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One customer source in the list. ``kind`` is in words; ``customers`` None is uncounted.

    ``down_since`` is set while it does not answer, ``next_try_at`` is when it is asked again.
    ``last_error`` may also be about one answer of a source that is up. One that is not
    ``editable`` comes with the desk, or is worked out here.
    """

    name: str
    kind: str
    customers: int | None
    read_at: datetime | None
    place: int = 0
    says: str = ""
    first_for: tuple[str, ...] = ()
    fresh_for: str = ""
    answered_at: datetime | None = None
    down_since: datetime | None = None
    next_try_at: datetime | None = None
    last_error: str = ""
    editable: bool = True


@dataclass(frozen=True, slots=True)
class SourceForm:
    """The form of one customer source, empty for a new one.

    ``values`` are the settings as entered, by name; ``has`` names the secrets that are kept, and
    ``problems`` says what is wrong, by name.
    """

    name: str
    is_new: bool
    kind: SourceKind
    place: int
    values: Mapping[str, str] = field(default_factory=dict)
    has: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriedValue:
    """One value a source gave for one customer, by how the field is said and what it holds."""

    field: str
    says: str
    kind: str
    value: str
    as_of: str


@dataclass(frozen=True, slots=True)
class TriedSource:
    """What a source said of one customer, for a person who tries it out.

    ``problem`` is set where it did not answer, and ``mistake`` if its query has to be mended;
    ``refused`` names fields and why their value was
    not taken. ``took`` is in seconds.
    """

    source: str
    who: str
    took: float
    known: bool = False
    problem: str = ""
    values: tuple[TriedValue, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    mistake: bool = False


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an uploaded file's rows; ``refused`` names lines and reasons."""

    source: str
    dry: bool
    read: int
    changed: int
    refused_count: int
    refused: tuple[tuple[int, str], ...]
    passed_over: tuple[str, ...]
