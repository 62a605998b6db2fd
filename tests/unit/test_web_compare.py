"""The comparison and the goals as pages: with much, with little, with nothing, and with malice."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest
from compare_samples import (
    HOSTILE,
    FakeCompares,
    FakeGoals,
    a_mix,
    bare_comparison,
    bare_goals_view,
    client,
    comparison,
    goals_view,
    group,
)

from plugin.views.results import ComparedKpi, Comparison
from plugin.web.results.compare import axis_of
from plugin.web.results.words import mix_details, mix_title
from routing.outcomes.definitions import KPIS
from routing.outcomes.dimensions import Dimension

TWO = (group("Enterprise EMEA", 1), group("Compliance-bound", 2))
SIX = tuple(group(f"Segment {place}", place) for place in range(1, 7))


def page(view: Comparison, address: str = "/compare") -> str:
    answer = client(compares=FakeCompares(view)).get(address)
    assert answer.status_code == 200
    return str(answer.text)


def test_each_group_has_its_value_interval_and_n_in_every_kpi() -> None:
    html = page(comparison(*TWO))
    assert html.count('<section class="versus">') == 6
    assert "90.0 <span>86.7 to 92.6</span>" in html
    assert "18 min <span>17 to 19 min</span>" in html
    assert "+31.2 <span>+25.0 to +37.1</span>" in html
    assert "not yet <span>at least 15 min</span>" in html
    assert "Nothing yet for any of them: Response rate, SLA met." in html


def test_each_n_leads_to_its_tickets() -> None:
    html = page(comparison(*TWO))
    assert "/results/tickets?segment=Enterprise+EMEA&amp;having=rated" in html
    assert "/results/tickets?segment=Enterprise+EMEA&amp;having=solved" in html


def test_what_differs_is_said_and_the_rest_can_be_opened() -> None:
    html = page(comparison(*TWO))
    assert (
        "<b>Compliance-bound is lower</b> than Enterprise EMEA by 9.9 points (6.3 to 13.8)." in html
    )
    assert "<summary>2 more differences</summary>" in html
    assert "Onsite service needs 16 more ratings, about 12 January." in html
    assert "<b>No difference shown</b> between A and B: −0.6 points (−1.3 to 0.1)." in html
    assert "3 comparisons were made" in html
    assert "3 are named above; without correction it would have been 4." in html


def test_a_group_is_taken_away_and_another_added_by_links_alone() -> None:
    html = page(comparison(*TWO))
    assert 'href="/compare?with=Compliance-bound" aria-label="Take Enterprise EMEA away"' in html
    assert '<option value="none">Everyone else</option>' in html
    assert "One more" not in page(comparison(*SIX))


def test_one_group_alone_has_nothing_to_be_compared_with() -> None:
    html = page(comparison(TWO[0]))
    assert "Enterprise EMEA alone has nothing to be compared with. Add another one." in html
    assert "Take Enterprise EMEA away" not in html


def test_too_few_are_not_drawn() -> None:
    html = page(comparison(TWO[0], group("Onsite service", 2, 14)))
    assert "Too few: 14 ratings, shown from 30" in html
    row = html.partition("Too few: 14 ratings")[0].rpartition('<div class="plot-row">')[2]
    assert "<svg" not in row


def test_nothing_at_all_is_said_quietly() -> None:
    html = page(bare_comparison())
    assert "No tickets in this time" in html
    assert "None" not in html
    assert "versus" not in html


def test_no_label_becomes_markup() -> None:
    kpi = ComparedKpi("csat", ((HOSTILE, HOSTILE),), HOSTILE, (HOSTILE,))
    view = comparison(
        group(HOSTILE, 1),
        group("None", 7, named=False),
        ignored=(HOSTILE,),
        kpis=(kpi,),
        others=((HOSTILE, HOSTILE),),
    )
    html = page(view)
    assert HOSTILE not in html
    assert "<img" not in html
    assert "{{7*7}}" in html


def test_an_address_is_read_with_care() -> None:
    flow = FakeCompares(comparison(*TWO))
    browser = client(compares=flow)
    for address in (
        "/compare?with=mail&with=none&by=channel&kpi=reopened",
        "/compare?with=x&of=queue&by=channel",
        "/compare?by=nonsense&days=-1&since=2026-99-99&clock=sundial&kpi=__class__",
        "/compare?" + "&".join(f"with={'x' * 300}{place}" for place in range(30)),
    ):
        assert browser.get(address).status_code == 200
    (first, chosen), (_, other), (odd, none), (_, many) = flow.asked
    assert (first.by, first.kpi, chosen) == (Dimension.CHANNEL, "reopened", ("mail", None))
    assert other == ()
    assert (odd.by, odd.kpi, odd.days, none) == (Dimension.SEGMENT, "csat", 90, ())
    assert len(many) == 20
    assert {len(str(one)) for one in many} == {200}


def test_what_is_left_out_is_said() -> None:
    html = page(comparison(*TWO, ignored=("Gone", "Lost")))
    assert "Left out: Gone and Lost. They have no ticket in this time" in html


def test_the_total_that_points_the_other_way_can_be_seen_split() -> None:
    html = page(comparison(*TWO))
    assert "In all tickets mail has 86.9\u202f% and Unknown channel 89.4\u202f%" in html
    assert "yet in each of 2 segments it is the other way round" in html
    assert "/compare?by=channel&amp;with=mail&amp;with=none" in html
    assert "2 more segments with fewer than 30 of either are in All only." in html


def test_mix_and_change_stand_with_their_intervals() -> None:
    html = page(comparison(*TWO))
    assert '<td>from the mix of segments</td><td class="n">+0.9</td>' in html
    assert '<td class="n">+0.7 to +1.1</td>' in html
    assert "The mix has changed; within groups no change is shown." in html
    assert "Small shops DE: 20.0\u202f% of them before, 24.0\u202f% now." in html


def test_the_same_goes_out_as_tables() -> None:
    browser = client(compares=FakeCompares(comparison(*TWO)))
    rows = list(csv.DictReader(StringIO(browser.get("/compare/numbers.csv").text.lstrip("\ufeff"))))
    assert [row["segment"] for row in rows] == ["Enterprise EMEA", "Compliance-bound", "all"]
    assert rows[0]["CSAT"] == "0.9"
    rows = list(
        csv.DictReader(StringIO(browser.get("/compare/differences.csv").text.lstrip("\ufeff")))
    )
    assert len(rows) == 3
    assert (rows[0]["KPI"], rows[0]["difference"], rows[0]["shown"]) == ("CSAT", "10.0", "yes")
    assert browser.get("/compare/numbers.xlsx").status_code == 200


def test_all_numbers_of_the_page_stand_in_one_table() -> None:
    html = page(comparison(*TWO)).partition("All numbers as a table")[2]
    for said in ("86.7 to 92.6", "18 min", "1 h 40", "+31.2", "1 of 30"):
        assert said in html


@pytest.mark.parametrize(
    ("mix", "within", "title"),
    [
        (0.009, -0.003, "CSAT rose by 0.6 points, but not because support got better"),
        (-0.009, 0.003, "CSAT fell by 0.6 points, but not because support got worse"),
        (0.005, -0.007, "The mix alone moved CSAT by +0.5 points"),
        (0.02, -0.03, "CSAT hides two changes"),
    ],
)
def test_a_change_that_is_not_what_it_looks_like_is_said(
    mix: float, within: float, title: str
) -> None:
    assert mix_title(a_mix(mix, within)) == title


def test_each_part_of_a_change_is_said_with_its_doubt() -> None:
    assert mix_details(a_mix()) == (
        "Small shops DE: 24.0\u202f% of ratings now and 20.0\u202f% before. "
        "From the mix: +0.9 points (+0.7 to +1.1). "
        "Within segments: −0.3 points (−1.1 to +0.5), no difference shown."
    )


def test_an_axis_holds_every_interval_and_ends_with_its_unit() -> None:
    low = axis_of(KPIS["transferred"], TWO)
    assert low is not None
    assert (low.low, low.marks[0], low.marks[-1]) == (0.0, "0", "15\u202f%")
    high = axis_of(KPIS["csat"], TWO)
    assert high is not None
    assert high.low <= 0.867
    assert high.high >= 0.926
    time = axis_of(KPIS["first_reply"], TWO)
    assert time is not None
    assert time.marks[0] == "0"
    score = axis_of(KPIS["nps"], TWO)
    assert score is not None
    assert score.marks == ("−100", "−50", "0", "50", "100")
    assert axis_of(KPIS["csat"], [group("A", 1, 14)]) is None


def test_goals_stand_with_their_distance_and_since_when_they_are_missed() -> None:
    html = client(goals=FakeGoals(goals_view())).get("/goals").text
    assert "77.9\u202f%, 73.4 to 81.8, n = 371" in html
    assert "Under it for 7 weeks" in html
    assert (
        "CSAT is under its goal of 90\u202f% for 7 weeks, and the last 4 weeks are lower than "
        "the 4 before by 3.9 points (0.4 to 7.5)." in html
    )
    assert "/results/tickets?segment=Enterprise+EMEA&amp;having=unhappy" in html
    assert "too few to tell: 16 more tickets needed" in html
    assert "in words, not measured" in html
    assert "nobody" in html


def test_without_goals_or_a_playbook_the_page_says_so() -> None:
    assert "No goals" in client(goals=FakeGoals(bare_goals_view())).get("/goals").text
    assert client(goals=FakeGoals(None)).get("/goals").status_code == 200
    view = replace(
        goals_view(), lines=tuple(replace(one, owner=HOSTILE) for one in goals_view().lines)
    )
    assert HOSTILE not in client(goals=FakeGoals(view)).get("/goals").text
