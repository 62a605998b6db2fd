"""What customers are worth by segment, against plain counting; and who counts as gone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import inf, nan
from random import Random

import cdnow
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions.columns import Table
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.population.worth import worth_report
from routing.population.worth_block import WorthBlock, fields_of_worth, worth_block
from routing.worth.averages import mean, median, rate, ratio
from routing.worth.report import GRACE, HORIZON, WorthReport, report_in, report_out
from routing.worth.stay import Signs
from routing.worth.value import bringing

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAYBOOK = """
playbook: Worth
default_queue: General
queues: [{name: General}]
segments:
  - {name: Large, model: firmographic, when: {field: account.employees, at least: 500}}
  - {name: Payers, model: value-based, when: {field: customer.revenue_12m, more than: 0}}
"""


def playbook() -> Playbook:
    return read_playbook(PLAYBOOK, 3)


def block(customers: list[dict[str, object]]) -> WorthBlock:
    book = playbook()
    fields = fields_of_worth(book)
    values = {one.name: [customer.get(one.name) for customer in customers] for one in fields}
    return worth_block(book, Table.build(fields, values, NOW, size=len(customers)))


def report(customers: list[dict[str, object]]) -> WorthReport:
    return worth_report([block(customers)], playbook(), NOW)


def some_customers(count: int, seed: int = 7) -> list[dict[str, object]]:
    dice = Random(seed)
    made: list[dict[str, object]] = []
    for _ in range(count):
        orders = float(dice.randrange(6))
        told: dict[str, object] = {
            "account.employees": float(dice.choice([3, 40, 900])),
            "customer.revenue_12m": float(int(dice.lognormvariate(4, 1))),
            "customer.orders": orders,
            "customer.lifetime_value": orders * dice.randrange(20, 90),
            "customer.signed_up": (NOW - timedelta(days=dice.randrange(900))).date().isoformat(),
            "customer.last_order": (NOW - timedelta(days=dice.randrange(400))).date().isoformat(),
            "account.domain": f"a{dice.randrange(count // 2)}.example",
            "account.arr": float(dice.choice([1_200, 4_800])),
        }
        made.append({name: one for name, one in told.items() if dice.random() < 0.8})
    return made


class TestWhoCountsAsGone:
    TODAY = 1_000.0

    def left(self, **told: float | str) -> float:
        stage = told.pop("stage", "")
        days = {
            name: np.array([float(told.get(name, nan))])
            for name in (
                "signed_up", "first_order", "last_order", "last_seen", "renewal", "churned"
            )
        }  # fmt: skip
        signs = Signs(
            **days,
            visits=np.array([stage == "visitor"]),
            here=np.array([stage == "active"]),
            gone=np.array([stage == "churned"]),
        )
        return float(signs.left(self.TODAY)[0])

    def test_the_day_of_churn_is_believed_before_anything_else(self) -> None:
        assert self.left(churned=900, stage="active", renewal=1_100, last_order=990) == 900
        assert self.left(churned=1_001, last_order=3) == inf

    def test_whose_stage_is_churned_left_with_their_last_sign_of_life(self) -> None:
        assert self.left(stage="churned", last_order=700, renewal=800, last_seen=600) == 800
        assert self.left(stage="churned", last_order=700, renewal=1_200) == 700
        assert np.isnan(self.left(stage="churned"))
        assert np.isnan(self.left(stage="churned", renewal=1_200))

    def test_a_source_that_says_they_are_customers_is_believed_before_silence(self) -> None:
        assert self.left(stage="active", last_order=1, renewal=10) == inf

    def test_a_coming_renewal_keeps_them_and_one_that_is_over_does_not(self) -> None:
        assert self.left(renewal=1_001, last_order=1) == inf
        assert self.left(renewal=self.TODAY - GRACE) == inf
        assert self.left(renewal=self.TODAY - GRACE - 1) == self.TODAY - GRACE - 1
        assert self.left(renewal=900, last_order=901) == inf

    def test_silence_counts_as_leaving_once_the_horizon_is_over(self) -> None:
        assert self.left(last_order=self.TODAY - HORIZON) == self.TODAY
        assert self.left(last_order=self.TODAY - HORIZON + 1) == inf
        assert self.left(last_order=100, last_seen=990) == inf

    def test_of_whom_nothing_tells_it_is_not_known(self) -> None:
        assert np.isnan(self.left(signed_up=3))
        assert np.isnan(self.left(last_order=self.TODAY + 5))

    def test_a_visitor_has_not_begun(self) -> None:
        signs = Signs(
            *(np.array([5.0, 5.0]) for _ in range(6)),  # type: ignore[arg-type]
            visits=np.array([True, False]),
            here=np.zeros(2, np.bool_),
            gone=np.zeros(2, np.bool_),
        )
        assert np.isnan(signs.began()[0])
        assert signs.began()[1] == 5


class TestAverages:
    def test_a_mean_has_the_interval_of_students_t(self) -> None:
        # W. S. Gosset ("Student"), "The Probable Error of a Mean", 1908: hours of sleep gained.
        found = mean(np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]))
        assert found is not None
        assert (found.value, found.low, found.high) == (
            pytest.approx(2.33),
            pytest.approx(0.898, abs=5e-4),
            pytest.approx(3.762, abs=5e-4),
        )

    def test_the_doubt_about_orders_is_that_of_their_customers(self) -> None:
        dice = np.random.default_rng(5)
        covered = 0
        for _ in range(400):
            orders = dice.integers(1, 30, 80).astype(np.float64)
            each = dice.gamma(4, 12, 80)
            found = ratio(each * orders, orders)
            assert found is not None
            assert found.low is not None
            assert found.high is not None
            covered += found.low <= 48 <= found.high
        assert 0.91 <= covered / 400 <= 0.98

    def test_a_median_lies_between_ordered_values(self) -> None:
        # Of 20, with 95.9 %: the sixth and the fifteenth (Conover, table A3).
        found = median(np.arange(1.0, 21.0))
        assert found is not None
        assert (found.value, found.low, found.high, found.n) == (10.5, 6, 15, 20)
        few = median(np.arange(5.0))
        assert few is not None
        assert (few.low, few.high) == (None, None)

    def test_a_rate_has_garwoods_interval(self) -> None:
        found = rate(10, 1)
        assert found is not None
        assert (found.low, found.high) == (
            pytest.approx(4.795, abs=5e-4),
            pytest.approx(18.39, abs=5e-3),
        )
        none = rate(0, 1)
        assert none is not None
        assert (none.low, none.high) == (0, pytest.approx(3.689, abs=5e-4))

    def test_of_nobody_there_is_none(self) -> None:
        nobody = np.zeros(0)
        assert (mean(nobody), median(nobody), ratio(nobody, nobody)) == (None, None, None)
        assert rate(3, 0) is None
        one = mean(np.array([4.0]))
        assert one is not None
        assert (one.value, one.low) == (4, None)


class TestBringing:
    @given(st.lists(st.integers(0, 50).map(float), min_size=1, max_size=40))
    def test_just_so_many_bring_the_share(self, revenue: list[float]) -> None:
        few = bringing(np.array(revenue))
        total = sum(revenue)
        if not total:
            assert few is None
            return
        assert few is not None
        ordered = sorted(revenue, reverse=True)
        whole, part = divmod(few * len(ordered), 1)
        brought = sum(ordered[: int(whole)])
        if int(whole) < len(ordered):
            brought += part * ordered[int(whole)]
        assert brought == pytest.approx(0.8 * total, rel=1e-6)

    def test_of_the_cdnow_customers_a_third_brings_four_fifths(self) -> None:
        spent = sorted(cdnow.revenue().values(), reverse=True)
        few = bringing(np.array(spent))
        total, so_far, count = sum(spent), 0.0, 0
        for one in spent:
            if so_far >= 0.8 * total:
                break
            so_far += one
            count += 1
        assert few == pytest.approx(count / len(spent), abs=1e-4)


class TestReport:
    def test_each_customer_counts_once_for_their_first_segment(self) -> None:
        customers = some_customers(300)
        found = report(customers)
        large = [one for one in customers if (one.get("account.employees") or 0) == 900]
        payers = [one for one in customers if one not in large and one.get("customer.revenue_12m")]
        assert [one.segment for one in found.groups] == ["Large", "Payers", None]
        assert [one.customers for one in found.groups] == [
            len(large), len(payers), 300 - len(large) - len(payers),
        ]  # fmt: skip
        every_payer = [one for one in customers if one.get("customer.revenue_12m")]
        assert found.groups[1].members == len(every_payer) > len(payers)
        spent = sum(float(str(one.get("customer.revenue_12m", 0))) for one in large)
        assert found.groups[0].revenue == pytest.approx(spent)
        assert found.groups[0].revenue_unknown == sum(
            "customer.revenue_12m" not in one for one in large
        )
        assert sum(found.share_of_customers(one) or 0 for one in found.groups) == pytest.approx(1)
        assert sum(found.share_of_revenue(one) or 0 for one in found.groups) == pytest.approx(1)

    def test_blocks_come_out_as_if_they_were_one(self) -> None:
        customers = some_customers(300)
        parts = [block(customers[:10]), block([]), block(customers[10:250]), block(customers[250:])]
        assert worth_report(parts, playbook(), NOW) == report(customers)

    def test_the_average_order_is_of_orders_and_not_of_customers(self) -> None:
        found = report([
            {"customer.orders": 1.0, "customer.lifetime_value": 100.0},
            {"customer.orders": 9.0, "customer.aov": 10.0, "customer.lifetime_value": 1.0},
            {"customer.orders": 0.0, "customer.lifetime_value": 0.0},
            {"customer.orders": 4.0},
        ]).total  # fmt: skip
        assert found.order is not None
        assert (found.orders, found.order.value, found.order.n) == (10, 19.0, 2)
        assert found.usual_order is not None
        assert found.usual_order.value == 55
        assert found.order_unknown == 2

    def test_an_account_with_several_customers_counts_once(self) -> None:
        found = report([
            {"account.domain": "A.example", "account.arr": 100.0},
            {"account.domain": "a.example", "account.arr": 120.0, "account.employees": 900.0},
            {"account.name": "Kontor", "account.mrr": 5.0},
            {"account.mrr": 7.0, "account.arr": 1.0},
            {"account.mrr": 7.0},
            {"account.domain": "b.example"},
        ])  # fmt: skip
        assert (found.total.arr, found.total.accounts, found.total.arr_unknown) == (265.0, 4, 1)
        large, _, rest = found.groups
        assert (large.arr, large.accounts) == (120.0, 1)
        assert (rest.arr, rest.accounts) == (145.0, 3)

    def test_it_says_by_which_revenue_it_goes(self) -> None:
        assert report([{"customer.revenue_12m": 5.0}]).revenue_field == "customer.revenue_12m"
        lifetime = report([{"customer.revenue_12m": 0.0, "customer.lifetime_value": 9.0}])
        assert (lifetime.revenue_field, lifetime.total.revenue) == ("customer.lifetime_value", 9.0)
        nothing = report([{}, {}])
        assert (nothing.revenue_field, nothing.total.revenue) == ("customer.revenue_12m", None)

    def test_of_few_customers_no_curve_tells_what_one_of_them_brings(self) -> None:
        few = report([{"customer.revenue_12m": float(one)} for one in range(29)]).total
        assert (few.lorenz, few.gini, few.few) == ((), None, None)
        more = report([{"customer.revenue_12m": float(one)} for one in range(30)]).total
        assert len(more.lorenz) <= 200
        assert more.gini is not None

    def test_nobody_at_all_is_no_error(self) -> None:
        found = report([])
        assert (found.total.customers, found.total.revenue, found.total.stay.after) == (0, None, ())
        assert found.share_of_customers(found.total) is None
        assert found.best() == ()

    def test_it_says_which_segments_bring_far_more_than_their_share(self) -> None:
        rich: list[dict[str, object]] = [
            {"account.employees": 900.0, "customer.revenue_12m": 90.0} for _ in range(40)
        ]
        poor: list[dict[str, object]] = [{"customer.revenue_12m": 10.0} for _ in range(160)]
        (best,) = report(rich + poor).best()
        assert (best.name, best.of_customers) == ("Large", 0.2)
        assert best.of_revenue == pytest.approx(3600 / 5200)
        even = [{**one, "customer.revenue_12m": 15.0} for one in rich]
        assert report(even + poor).best() == ()
        assert report(rich[:20] + poor[:80]).best() == ()

    def test_it_comes_back_from_json_as_it_was(self) -> None:
        found = report(some_customers(200))
        assert report_in(report_out(found)) == found

    def test_of_the_cdnow_customers_the_curve_is_that_of_their_ordered_sums(self) -> None:
        spent = cdnow.revenue()
        found = report([{"customer.lifetime_value": one} for one in spent.values()]).total
        ordered = sorted(spent.values())
        total = sum(ordered)
        at = len(found.lorenz) // 5 * 4  # all but the top fifth
        rest = sum(ordered[: round(len(ordered) * 0.8)])
        assert 1 - found.lorenz[at] == pytest.approx(1 - rest / total, abs=1e-4)
        assert 1 - found.lorenz[at] == pytest.approx(0.678, abs=5e-4)
        # Gini by its definition: the mean difference of all pairs, beside twice the mean.
        values = np.array(ordered)
        apart = sum(np.abs(values - one).sum() for one in ordered) / len(ordered) ** 2
        assert found.gini == pytest.approx(apart / 2 / values.mean())


def test_what_nobody_was_watched_for_is_unknown() -> None:
    began = date(2026, 3, 2) - timedelta(days=90)
    customers: list[dict[str, object]] = [
        {"customer.signed_up": began.isoformat(), "customer.stage": "active"} for _ in range(40)
    ]
    stay = report(customers).total.stay
    ninety, year = stay.at(90), stay.at(365)
    assert ninety is not None
    assert (ninety.value, ninety.n) == (1, 40)
    assert year is None
    assert (stay.customers, stay.lost, stay.unknown, stay.churn) == (40, 0, 0, None)
