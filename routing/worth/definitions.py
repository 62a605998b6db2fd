"""What each number about the worth of customers means, in one table.

Pages, the command line, exports and the API read it, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routing.worth.report import GRACE, HORIZON


@dataclass(frozen=True, slots=True)
class Definition:
    """One number: its name, what it means, and the field or fields it comes from."""

    title: str
    says: str
    fields: tuple[str, ...] = ()


DEFINITIONS: Mapping[str, Definition] = {
    "customers": Definition(
        "Customers",
        "All known customers. Each counts once, for the first segment that they belong to.",
    ),
    "revenue": Definition(
        "Revenue",
        "What these customers bring together. It is added up over all of whom it is known, so it "
        "has no interval.",
        ("customer.revenue_12m", "customer.lifetime_value"),
    ),
    "few": Definition(
        "Bring 80 %",
        "The share of customers, those with most revenue first, that brings 80 % of the revenue.",
    ),
    "gini": Definition(
        "Gini",
        "How unevenly revenue is spread: 0 where all bring the same, near 1 where one brings all.",
    ),
    "order": Definition(
        "AOV",
        "Average order value: revenue by orders. Interval: Student’s t, with customers as the "
        "sample.",
        ("customer.aov", "customer.orders", "customer.lifetime_value"),
    ),
    "usual_order": Definition(
        "Usual order",
        "The median of customers’ average orders; single orders are not kept. Interval: between "
        "ordered values, by the binomial distribution.",
        ("customer.aov",),
    ),
    "expected": Definition(
        "LTV",
        "The mean value expected of a customer in the next 12 months (BG/NBD and Gamma-Gamma). "
        "Interval: Student’s t, of how customers differ and not of how far the forecast is off.",
        ("customer.expected_value",),
    ),
    "arr": Definition(
        "ARR",
        "Recurring revenue of a year, added up over accounts: each counts once, with the most that "
        "is told of it. Where only MRR is told, twelve times that.",
        ("account.arr", "account.mrr"),
    ),
    "stay": Definition(
        "Retention",
        "The share that is still a customer so long after the sign-up or the first order "
        "(Kaplan–Meier, log-log intervals); who is still here counts as such. Somebody left on "
        "their churn date; or, if their stage is churned, with their last order, visit or renewal; "
        f"or on a renewal date over for {GRACE} d without an order or visit since; or "
        f"{HORIZON} d after their last order or visit, where no stage and no coming renewal "
        "says that they are customers.",
        (
            "customer.signed_up",
            "customer.first_order",
            "customer.churned",
            "customer.stage",
            "customer.renewal",
            "customer.last_order",
            "customer.last_seen",
        ),
    ),
    "churn": Definition(
        "Churn",
        "Of those who were customers a year ago, the share that has left since. Wilson’s interval.",
    ),
    "effort": Definition(
        "Tickets",
        "Tickets of the period that came with this segment. Wilson’s interval for the share, "
        "Poisson’s for tickets per customer.",
    ),
}
"""Every number by its key, in the order in which they are shown."""
