"""Customers from a Shopify shop: orders, revenue and the last order.

Shopify's own Python client, ShopifyAPI, has had no release since 2024, opens its GraphQL
connections without any time limit and keeps the shop in a global; this is one POST.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plugin.customers.outbound import Outbound
from plugin.ports import Refused, Requester, Unavailable

VERSION = "2026-01"
"""Version of the Admin API; a shop answers one that has ended with the oldest it still has."""

QUERY = """
query Customer($who: String!) {
  customers(first: 1, query: $who) {
    nodes {
      id displayName numberOfOrders createdAt updatedAt tags locale state
      amountSpent { amount currencyCode }
      lastOrder { name processedAt }
      defaultAddress { city countryCodeV2 company }
      defaultEmailAddress { emailAddress }
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Shopify:
    """One shop, reached by its address and the access token of a custom app."""

    name: str
    outbound: Outbound
    address: str
    token: str = field(repr=False)

    def fetch(self, who: Requester) -> object | None:
        """The customer with this address; None if the shop has none."""
        if who.email is None:
            return None
        answer = self.outbound.json(
            "POST",
            f"{self.address}/admin/api/{VERSION}/graphql.json",
            {"X-Shopify-Access-Token": self.token},
            {"query": QUERY, "variables": {"who": f'email:"{_quoted(who.email)}"'}},
        )
        if not isinstance(answer, dict):
            raise Refused(f"The answer of {self.name} is not a JSON object.")
        self._check_errors(answer.get("errors"))
        found = _first_customer(answer)
        # The search takes words apart, so somebody with a similar address may come first.
        return found if found is not None and _is(found, who.email) else None

    def _check_errors(self, errors: object) -> None:
        """GraphQL says what went wrong in a 200."""
        if not errors:
            return
        if "THROTTLED" in str(errors)[:5_000]:
            raise Unavailable(f"{self.name} asks us to slow down.", 5.0)
        raise Unavailable(f"{self.name} refuses the query. Its app needs the scope read_customers.")


def _first_customer(answer: dict[str, object]) -> dict[str, object] | None:
    here: object = answer
    for key in ("data", "customers", "nodes"):
        here = here.get(key) if isinstance(here, dict) else None
    first = here[0] if isinstance(here, list) and here else None
    return first if isinstance(first, dict) else None


def _is(customer: dict[str, object], email: str) -> bool:
    address = customer.get("defaultEmailAddress")
    found = address.get("emailAddress") if isinstance(address, dict) else None
    return isinstance(found, str) and found.casefold() == email.strip().casefold()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
