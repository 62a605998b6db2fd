"""A chart of each kind, as pages to come will show them, and the same with texts that mean harm."""

from __future__ import annotations

from datetime import date, timedelta

from plugin.charts.values import (
    Bar,
    Bars,
    BeforeAfter,
    Bucket,
    Change,
    Chart,
    Curve,
    Durations,
    Estimate,
    Intervals,
    Line,
    Moment,
    Pareto,
    Part,
    Reached,
    Row,
    Spark,
    Step,
    Survival,
    Trend,
    Unit,
)

WEEKS = tuple(date(2026, 8, 30) + timedelta(weeks=number) for number in range(13))


def share(value: float, n: int, half: float, href: str = "") -> Estimate:
    return Estimate(value, value - half, min(1.0, value + half), n, href)


def intervals() -> Intervals:
    return Intervals(
        title="CSAT",
        defines="Share of ratings 4 and 5 among those who answered. The bar is Wilson's 95 % "
        "interval, dashed is the goal.",
        unit=Unit.SHARE,
        rows=(
            Row("Enterprise EMEA", 1, Estimate(0.931, 0.914, 0.945, 1021, "/hit/emea"), 0.9),
            Row("Compliance-bound", 4, Estimate(0.832, 0.796, 0.863, 482, "/hit/compliance"), 0.9),
            Row("Small shops DE", 3, Estimate(0.906, 0.894, 0.917, 2447, "/hit/shops"), 0.9),
            Row("Onsite service", 2, Estimate(11 / 14, None, None, 14)),
            Row("Everyone else", 7, Estimate(0.866, 0.854, 0.877, 3522)),
        ),
        counted=("answer", "answers"),
    )


def trend() -> Trend:
    return Trend(
        title="CSAT by week",
        defines="Share of ratings 4 and 5, four-week windows, bands are 95 % intervals. n = 330, "
        "150 and 118 a window.",
        unit=Unit.SHARE,
        ends=WEEKS,
        lines=(
            Line(
                "Enterprise EMEA",
                1,
                tuple(share(0.925 + 0.002 * (w % 3), 330, 0.025, f"/hit/{w}") for w in range(13)),
            ),
            Line(
                "Compliance-bound", 4, tuple(share(0.88 - 0.0045 * w, 150, 0.05) for w in range(13))
            ),
            Line(
                "At-risk loyal",
                2,
                tuple(
                    Estimate(None, None, None, 12)
                    if w in {4, 5}
                    else share(0.835 - 0.005 * w, 118, 0.07)
                    for w in range(13)
                ),
            ),
        ),
        moments=(
            Moment(WEEKS[4], "playbook 40"),
            Moment(WEEKS[10], "playbook 41"),
            Moment(WEEKS[10] + timedelta(days=2), "definition 12"),
        ),
        goal=0.9,
        counted=("answer", "answers"),
    )


def before_after() -> BeforeAfter:
    now = (2.7, 6.7, 10.9, 13.5, 13.4, 13.0, 10.6, 11.2, 11.5, 10.6, 9.7, 6.8, 4.0, 2.7, 1.4)
    return BeforeAfter(
        title="Onboarding",
        defines="Tickets an hour, mean working day. Short line: live. n = 1,204.",
        unit=Unit.COUNT,
        bars=tuple(
            Change(f"{6 + hour}", value, value * 0.8, f"/hit/{hour}")
            for hour, value in enumerate(now)
        ),
        room=12,
        now_says="With the draft",
        before_says="Live",
    )


def durations() -> Durations:
    edges = [30 * 2**power for power in range(15)]
    tickets = (4, 9, 22, 60, 131, 240, 391, 520, 460, 371, 240, 160, 81, 22)
    return Durations(
        title="First reply",
        defines="Opened to the first public reply by a person, n = 2,711, logarithmic scale.",
        buckets=tuple(
            Bucket(edges[at], edges[at + 1], count, f"/hit/{at}")
            for at, count in enumerate(tickets)
        ),
        median=47 * 60,
        p90=5 * 3600 + 38 * 60,
    )


def pareto() -> Pareto:
    return Pareto(
        title="Revenue over customers",
        defines="Customers with most revenue first, last 12 months, n = 15,559.",
        curve=(
            Reached(0.0, 0.0),
            Reached(0.01, 0.2, "VIP by hand", 1, "/hit/vip"),
            Reached(0.05, 0.45, "Enterprise EMEA", 2, "/hit/emea"),
            Reached(0.07, 0.47, "Compliance-bound", 3),
            Reached(0.2, 0.79, "Top fifth", 4),
            Reached(0.5, 0.94),
            Reached(1.0, 1.0),
        ),
    )


def spark() -> Spark:
    counts = (8, 7, 9, 8, 12, 17, 24, 31)
    return Spark("Bank feed stops", "Tickets a week, 8 weeks.", WEEKS[-8:], counts)


def bars() -> Bars:
    return Bars(
        title="Tickets per queue",
        defines="Opened in the last 30 days, n = 1,941.",
        unit=Unit.COUNT,
        bars=(
            Bar("General", (Part("", 1, 812, "/hit/general"),)),
            Bar("Enterprise desk", (Part("", 1, 640),)),
            Bar("Onboarding", (Part("", 1, 489),)),
        ),
    )


def stacked() -> Bars:
    return Bars(
        title="Tickets per queue and segment",
        defines="Opened in the last 30 days, n = 1,452.",
        unit=Unit.COUNT,
        bars=(
            Bar("General", (Part("VIP", 1, 112, "/hit/vip"), Part("Everyone else", 7, 700))),
            Bar("Enterprise desk", (Part("VIP", 1, 340), Part("Everyone else", 7, 300))),
        ),
    )


def survival() -> Survival:
    def steps(pace: float) -> tuple[Step, ...]:
        return tuple(
            Step(
                hour * 3600.0,
                pace**hour,
                max(0.0, pace**hour - 0.03),
                min(1.0, pace**hour + 0.03),
                400 - 8 * hour,
            )
            for hour in range(49)
        )

    return Survival(
        title="Time to solve",
        defines="Share of tickets still open, Kaplan–Meier with 95 % bands, n = 400 each.",
        curves=(
            Curve("Enterprise EMEA", 1, steps(0.9), "/hit/emea"),
            Curve("Everyone else", 7, steps(0.955)),
        ),
    )


def every_chart() -> dict[str, Chart]:
    return {
        "intervals": intervals(),
        "trend": trend(),
        "before and after": before_after(),
        "durations": durations(),
        "pareto": pareto(),
        "spark": spark(),
        "bars": bars(),
        "stacked": stacked(),
        "survival": survival(),
    }


NAMES = (
    "<script>alert(1)</script>\"'`{{7*7}}",
    "</script></svg><img src=x onerror=alert(1)>",
    "]]>&amp;<!--",
    "x" * 5_000,
    "العملاء الكبار \u202e(2026)",
    "👩‍💻 Großkunden\0\x1b[31m",
    "datum.says + alert(1)",
    "\ud800",
)
"""Names that mean harm, or are merely unusual."""


def hostile() -> dict[str, Chart]:
    rows = tuple(
        Row(name, place % 7 + 1, share(0.8 + place / 100, 100, 0.02))
        for place, name in enumerate(NAMES)
    )
    lines = tuple(
        Line(name, place % 7 + 1, tuple(share(0.8 + place / 50, 100, 0.02) for _ in range(3)))
        for place, name in enumerate(NAMES)
    )
    moments = tuple(
        Moment(WEEKS[1] + timedelta(days=place), name) for place, name in enumerate(NAMES)
    )
    title, defines = NAMES[0], NAMES[1]
    return {
        "intervals": Intervals(title, defines, Unit.SHARE, rows),
        "trend": Trend(title, defines, Unit.SHARE, WEEKS[:3], lines, moments),
        "before and after": BeforeAfter(
            title, defines, Unit.COUNT, tuple(Change(name, 3, 2) for name in NAMES), 2.5
        ),
        "pareto": Pareto(
            title,
            defines,
            (Reached(0, 0), *(Reached(0.2, 0.5, name) for name in NAMES), Reached(1, 1)),
        ),
        "bars": Bars(
            title,
            defines,
            Unit.COUNT,
            tuple(Bar(name, (Part(name, 1, 3), Part("y", 2, 4))) for name in NAMES),
        ),
        "survival": Survival(
            title, defines, tuple(Curve(name, 1, (Step(0, 1, 1, 1, 9),)) for name in NAMES)
        ),
    }
