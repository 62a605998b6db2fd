"""Whether it worked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.charts.values import Chart
from plugin.views.issues import IssuesAsked, IssuesView, TopicView
from plugin.views.results import Asked, Comparison, GoalsView, Having, ResultsView, ResultTickets
from plugin.views.surveys import SurveysView
from plugin.views.value import ToldValue, ValueView
from routing.outcomes.question import Answer, Label, Question
from routing.topics.report import Among


class IssuePages(Protocol):
    """Topics that recur, and that grow."""

    def view(self, asked: IssuesAsked) -> IssuesView:
        """The topics, as they were found last."""
        ...

    def look(self) -> None:
        """Begin to look for topics anew."""
        ...


class TopicPages(Protocol):
    """One topic."""

    def __call__(self, topic: int, among: Among, before: int | None) -> TopicView:
        """A topic with its tickets among those, newest first. Raises NotThere."""
        ...


class Results(Protocol):
    """The numbers."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    def overview(self, asked: Asked) -> ResultsView:
        """The KPIs of a period, by whatever is asked."""
        ...

    def answer(self, question: Question) -> Answer:
        """The KPIs a program asks for. Raises Refused if it asks for agents and may not."""
        ...

    def tickets(self, asked: Asked, having: Having, before: int | None) -> ResultTickets:
        """The tickets behind a number, newest first."""
        ...


class Compares(Protocol):
    """A few groups beside each other."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    def compare(self, asked: Asked, chosen: Sequence[Label]) -> Comparison:
        """The chosen groups that have tickets, or the first few where none has."""
        ...


class Goals(Protocol):
    """The goals of segments."""

    def goals(self) -> GoalsView | None:
        """Where each stands; None while no playbook is live."""
        ...


class ValuePages(Protocol):
    """What segments are worth, and what they take."""

    def view(self, days: int) -> ValueView | None:
        """With the tickets of so many days up to now; None while no playbook is live."""
        ...

    def told(self, days: int) -> ToldValue:
        """The same for programs. Raises NotThere before customers were counted."""
        ...

    def count(self) -> None:
        """Begin to count anew, in a process of its own."""
        ...


class SurveyPages(Protocol):
    """What came of surveys."""

    def results(self, days: int, before: int | None) -> SurveysView:
        """Surveys about tickets solved in so many days, and the comments before this id."""
        ...


class Drawings(Protocol):
    """Charts as pictures and specs. Every method raises Unavailable where none can be made."""

    @property
    def edition(self) -> str:
        """A word that changes whenever the script does."""
        ...

    def on_page(self, chart: Chart, width: int) -> bytes:
        """SVG for a page, in its colours, so many pixels wide."""
        ...

    def alone(self, chart: Chart, width: int) -> bytes:
        """SVG that says by itself what it shows."""
        ...

    def png(self, chart: Chart, width: int) -> bytes:
        """PNG that says by itself what it shows."""
        ...

    def spec(self, chart: Chart, width: int) -> bytes:
        """The Vega-Lite spec, as JSON."""
        ...

    def runtime(self) -> bytes:
        """The script that draws a spec, packed with gzip."""
        ...
