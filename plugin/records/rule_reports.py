"""What was worked out about the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from routing.quality.lessons import Lessons
from routing.quality.report import QualityReport


class RuleReports(Protocol):
    """What was last worked out about the rules."""

    def quality(self) -> QualityReport | None:
        """How well each rule routes, as it was last measured; None before the first time."""
        ...

    def keep_quality(self, report: QualityReport) -> None:
        """Keep a measurement in the place of the one before."""
        ...

    def lessons(self) -> Lessons | None:
        """What transfers taught when it was last looked for; None before the first time."""
        ...

    def keep_lessons(self, lessons: Lessons) -> None:
        """Keep lessons in the place of those before."""
        ...

    def made(self) -> dict[str, tuple[datetime, int]]:
        """When each kind of report (quality, lessons) was made, and about which playbook."""
        ...
