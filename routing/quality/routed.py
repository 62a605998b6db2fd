"""A decided ticket as the measuring of rules sees it."""

from __future__ import annotations

from dataclasses import dataclass

from routing.outcomes.result import Result


@dataclass(frozen=True, slots=True)
class Routed:
    """One decided ticket: its queue, the rule that chose it (None: no rule), and its playbook."""

    rule: str | None
    queue: str | None
    playbook: int
    result: Result
