"""The pages of issues: with much, before the first look, while one runs, and with harmful texts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from issue_samples import FakeIssues, bare_issues_view, issues_view, topic_view
from page_samples import AGENT, HOSTILE, LEAD, Fakes, build, client_of, form_token, poisoned
from result_samples import nothing_measured

from plugin.views.issues import IssuesAsked, IssuesView, LookState, TopicView
from plugin.web.results.issues import count_spark
from plugin.web.site import Needs
from routing.topics.report import Among, Part

PAGE = "/issues"


@dataclass
class Found(Fakes):
    """All flows, and one of issues that has found something."""

    issues_now: IssuesView = field(default_factory=issues_view)
    topic_now: TopicView | None = field(default_factory=topic_view)

    def needs(self) -> Needs:
        fake = FakeIssues(self)
        return replace(super().needs(), issues=fake, topic=fake)


def shown(fakes: Fakes, path: str = PAGE) -> str:
    answer = client_of(build(fakes), LEAD).get(path)
    assert answer.status_code == 200
    assert "None" not in answer.text
    return answer.text


def test_each_growth_is_said_with_its_interval_or_that_nothing_is_shown() -> None:
    html = shown(Found())
    assert "× 2.4" in html
    assert "2.0 to 3.0" in html
    assert "beyond its season" in html
    assert "at least × 9.1" in html
    assert "no difference shown" in html
    assert "too few to tell" in html
    assert "212 comparisons corrected together" in html


def test_each_topic_is_said_with_the_reply_for_it() -> None:
    html = shown(Found())
    assert "none yet, 61 written by hand" in html
    assert "“SSO: renew the certificate”, solved 31 of 34" in html


def test_it_says_how_many_tickets_were_looked_at_and_how_many_fit_none() -> None:
    html = shown(Found())
    assert "98,000 tickets, a part of 180,000" in html
    assert "25.0\u202f% fit none" in html


def test_the_overview_shows_at_most_the_four_surest() -> None:
    view = issues_view()
    many = Found(issues_now=replace(view, growing=view.growing * 3))
    html = shown(many, "/")
    assert html.count("Bank feed stops after renewed consent") == 2
    assert "Issues that grow" in html
    assert "Issues that grow" not in shown(Found(issues_now=bare_issues_view()), "/")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (LookState.NONE, "Not looked for yet"),
        (LookState.RUNNING, "Topics are being looked for"),
        (LookState.BROKEN, "The last look did not end"),
    ],
)
def test_before_the_first_report_it_says_how_the_look_stands(state: LookState, says: str) -> None:
    assert says in shown(Found(issues_now=replace(bare_issues_view(), state=state)))


def test_with_too_few_tickets_it_says_from_how_many_on() -> None:
    view = issues_view()
    assert view.report is not None
    few = replace(view.report, topics=(), issues=(), tickets=80, every=80, other=80)
    html = shown(Found(issues_now=replace(view, state=LookState.TOO_FEW, report=few)))
    assert "from 100 tickets of one language on" in html
    assert "There are 80." in html


@pytest.mark.parametrize(
    ("state", "says"),
    [(LookState.RUNNING, "being looked for again"), (LookState.BROKEN, "did not end")],
)
def test_the_last_report_stays_while_another_is_made(state: LookState, says: str) -> None:
    html = shown(Found(issues_now=replace(issues_view(), state=state)))
    assert says in html
    assert "Bank feed stops after renewed consent" in html


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("", IssuesAsked()),
        ("among=segment:Small+shops+DE", IssuesAsked(Among(Part.SEGMENT, "Small shops DE"))),
        ("among=segment:", IssuesAsked(Among(Part.SEGMENT, None))),
        ("among=desk:zendesk&language=de", IssuesAsked(Among(Part.DESK, "zendesk"), "de")),
        ("among=all:x&language=&reply=none", IssuesAsked(unanswered=True)),
        ("among=nonsense&reply=x", IssuesAsked()),
    ],
)
def test_what_is_shown_stands_in_the_address(address: str, asked: IssuesAsked) -> None:
    fakes = Found()
    shown(fakes, f"{PAGE}?{address}")
    assert ("issues", asked) in fakes.asked


def test_only_the_largest_are_listed_until_all_are_asked_for() -> None:
    view = issues_view()
    many = replace(view, every=view.every * 30, growing=())
    assert "50 of 90 shown" in shown(Found(issues_now=many))
    assert "of 90 shown" not in shown(Found(issues_now=many), f"{PAGE}?all=")


def test_looking_again_is_asked_for_by_a_button() -> None:
    fakes = Found()
    client = client_of(build(fakes), LEAD)
    assert client.post(f"{PAGE}/look").status_code == 400
    assert ("look",) not in fakes.asked
    answer = client.post(f"{PAGE}/look", data={"csrf_token": form_token(client, PAGE)})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert ("look",) in fakes.asked


def test_a_topic_leads_to_its_decisions_and_to_older_tickets() -> None:
    fakes = Found()
    html = shown(fakes, f"{PAGE}/1?among=segment:Small+shops+DE&before=12")
    assert ("topic", 1, Among(Part.SEGMENT, "Small shops DE"), 12) in fakes.asked
    assert 'href="/decisions/7"' in html
    assert "before=8" in html
    assert "No subject" in html
    assert "“Feed stopped”" in html


def test_a_topic_stands_beside_all_tickets() -> None:
    html = shown(Found(), f"{PAGE}/1")
    assert "How it goes" in html
    assert "812 tickets of the topic among Small shops DE" in html
    assert "73.9" in html
    assert "Small shops DE: 93.1" in html
    nothing = replace(topic_view(), kpis=nothing_measured(), every=nothing_measured())
    assert "unknown" in shown(Found(topic_now=nothing), f"{PAGE}/1")


def test_a_topic_without_tickets_says_so_and_one_that_is_gone_is_404() -> None:
    empty = replace(topic_view(), lines=(), more=False, typical=())
    assert "No such tickets" in shown(Found(topic_now=empty), f"{PAGE}/1")
    assert client_of(build(Found(topic_now=None)), LEAD).get(f"{PAGE}/1").status_code == 404


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/1", "/"])
def test_harmful_texts_are_only_texts(path: str) -> None:
    found = Found(issues_now=poisoned(issues_view()), topic_now=poisoned(topic_view()))
    html = client_of(build(found), LEAD).get(path).text
    assert HOSTILE not in html
    assert "<img src=x" not in html


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/1", f"{PAGE}.csv"])
def test_it_is_for_leads(path: str) -> None:
    assert client_of(build(Found()), AGENT).get(path).status_code == 403


def test_a_line_of_counts_begins_at_nothing_and_ends_with_a_point() -> None:
    line = count_spark((0, 5, 10))
    assert line.path == "M2.0 21.0 48.0 12.0 94.0 3.0"
    assert line.last == (94.0, 3.0)
    assert count_spark((0, 0)).path == "M2.0 21.0 94.0 21.0"
