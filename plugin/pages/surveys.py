"""What a customer is shown."""

from __future__ import annotations

from typing import Protocol

from plugin.views.surveys import SurveyView, UnsubscribeView


class Surveys(Protocol):
    """The page behind a survey link. What reads never writes; each raises SurveyGone."""

    def view(self, token: str) -> SurveyView:
        """What the customer sees."""
        ...

    def answer(self, token: str, score: int, comment: str, second: str = "") -> SurveyView:
        """Keep a rating on the survey's scale, or replace the one given before."""
        ...

    def leaving(self, token: str) -> UnsubscribeView:
        """Where a customer can say that they do not want to be asked."""
        ...

    def leave(self, token: str, *, gone: bool) -> UnsubscribeView:
        """Ask them no more, or (``gone`` False) let them be asked again."""
        ...
