"""Tables that go out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ExportForm:
    """What the page of exports asks, with a proposal; ``agents`` says whether they are named."""

    since: date
    until: date
    agents: bool
