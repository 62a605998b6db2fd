"""Customers from Stripe: the subscription, what it is worth a year, and when it renews.

By Stripe's own client over our connection. It takes 24 MB, so only a process that asks Stripe
loads this module.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import stripe

from plugin.customers.outbound import Outbound
from plugin.json_body import BadBody, read_json
from plugin.ports import Refused, Requester, Unavailable

# It would log every address it asks for, with the customer's e-mail in it.
logging.getLogger("stripe").setLevel(logging.WARNING)

_TIMES_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
# Currencies that Stripe counts in whole units, or in thousandths; all others are in hundredths.
# https://docs.stripe.com/currencies
_WHOLE = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv"}
    | {"xaf", "xof", "xpf"}
)
_THOUSANDTHS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_PAYING = frozenset({"active", "past_due", "trialing"})


class StripeCustomers:
    """One Stripe account, read by a restricted key that may read customers and subscriptions."""

    def __init__(self, name: str, outbound: Outbound, address: str, key: str) -> None:
        self._name = name
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": address},
            http_client=_OverOurs(outbound),
            max_network_retries=0,
        )

    def fetch(self, who: Requester) -> object | None:
        """The customer with this Stripe id or address; None if there is none."""
        try:
            customer = self._customer(who)
        except stripe.StripeError as error:
            raise Refused(f"{self._name} refused: {type(error).__name__}.") from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The client trusts the shape of what comes.
            why = f"The answer of {self._name} has a shape of its own ({type(error).__name__})."
            raise Refused(why) from None
        return None if customer is None else summed_up(customer)

    def _customer(self, who: Requester) -> dict[str, Any] | None:
        key = who.external_id or ""
        if key.startswith("cus_") and key.replace("_", "").isalnum():
            found = self._client.v1.customers.retrieve(key, {"expand": ["subscriptions"]})
            whole = found.to_dict()
            return None if whole.get("deleted") else whole
        if who.email is None:
            return None
        listed = self._client.v1.customers.list(
            {"email": who.email, "limit": 1, "expand": ["data.subscriptions"]}
        )
        return listed.data[0].to_dict() if listed.data else None


def summed_up(customer: Mapping[str, Any]) -> dict[str, object]:
    """A customer with what their subscriptions amount to.

    ``arr`` is the sum of what all running ones cost a year, in the currency's whole units; of
    ``plan``, ``stage`` and ``renewal`` the newest one's count. Usage-based prices count nothing.
    """
    subscriptions = _list(customer.get("subscriptions"))
    running = [one for one in subscriptions if str(one.get("status")) in _PAYING]
    newest = next(iter(running or subscriptions), {})
    items = [item for one in running for item in _list(one.get("items"))]
    first = next(iter(_list(newest.get("items"))), {})
    price = _dict(first.get("price"))
    ends = first.get("current_period_end") or newest.get("current_period_end")
    return {
        "customer": dict(customer),
        "signed_up": _moment(customer.get("created")),
        "stage": newest.get("status"),
        "plan": price.get("nickname") or price.get("lookup_key") or price.get("product"),
        "arr": sum(map(_a_year, items)) if running else None,
        "renewal": _moment(ends) if running else None,
    }


def _a_year(item: Mapping[str, Any]) -> float:
    price = _dict(item.get("price"))
    recurring = _dict(price.get("recurring"))
    amount, quantity = _number(price.get("unit_amount")), _number(item.get("quantity", 1))
    each = _number(recurring.get("interval_count", 1))
    times = _TIMES_A_YEAR.get(str(recurring.get("interval")), 0)
    return amount * quantity * times / max(each, 1.0) / _parts(str(price.get("currency", "")))


def _parts(currency: str) -> int:
    if currency in _WHOLE:
        return 1
    return 1_000 if currency in _THOUSANDTHS else 100


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value >= 0 else 0.0


def _moment(seconds: object) -> str | None:
    if not isinstance(seconds, int) or not 0 < seconds < 10**11:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    """The objects of one of Stripe's lists."""
    data = _dict(value).get("data")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


class _OverOurs(stripe.HTTPClient):
    """Stripe's client speaks through our connection, which is bounded in time and size."""

    name = "deskroute"

    def __init__(self, outbound: Outbound) -> None:
        super().__init__()
        self._outbound = outbound

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        body = post_data.encode() if isinstance(post_data, str) else b""
        sent = {
            name: str(value)
            for name, value in (headers or {}).items()
            # Which machine this is concerns nobody else.
            if name.lower() != "x-stripe-client-user-agent"
        }
        reply = self._outbound.ask(method.upper(), url, sent, body)
        try:
            read_json(reply.body)
        except BadBody as error:
            raise Unavailable(f"{reply.source} did not answer with JSON ({error.code}).") from None
        return reply.body.decode(), reply.status, {}

    def close(self) -> None:
        self._outbound.close()
