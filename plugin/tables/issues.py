"""Topics as a table that goes out."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.spreadsheet import Column, Kind, Table
from routing.topics.report import Issue, IssueReport, Part, Topic

_COLUMNS = (
    Column("topic"),
    Column("from"),
    Column("language"),
    Column("among"),
    Column("segment or desk"),
    Column("last 4 weeks", Kind.NUMBER),
    Column("4 weeks before", Kind.NUMBER),
    Column("times as large a part", Kind.NUMBER),
    Column("low", Kind.NUMBER),
    Column("high", Kind.NUMBER),
    Column("grows", Kind.YES_NO),
    Column("beyond season", Kind.YES_NO),
    Column("reply"),
    Column("used in tickets", Kind.NUMBER),
    Column("of them solved", Kind.NUMBER),
    Column("written by hand", Kind.NUMBER),
)


def table_of(report: IssueReport) -> Table:
    """One row for each topic among all tickets, in each segment and on each desk."""
    return Table(f"issues-{report.until:%Y-%m-%d}", _COLUMNS, _rows(report))


def _rows(report: IssueReport) -> Iterator[tuple[object, ...]]:
    topics = {one.id: one for one in report.topics}
    for issue in report.issues:
        yield _row(topics[issue.topic], issue)


def _row(topic: Topic, issue: Issue) -> tuple[object, ...]:
    grown, reply = issue.grown, issue.reply
    none = "none" if issue.among.part is not Part.ALL else ""
    return (
        topic.name,
        topic.kind.value,
        topic.language,
        issue.among.part.value,
        issue.among.label or none,
        issue.recent,
        issue.before,
        *(
            (None,) * 5
            if grown is None
            else (grown.ratio, grown.low, grown.high, grown.grows, grown.beyond_season)
        ),
        *((None,) * 3 if reply is None else (reply.name, reply.used, reply.solved)),
        issue.by_hand,
    )
