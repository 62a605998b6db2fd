"""The table of kinds of customer source: what to enter, which field is where, how one is opened.

The form, the command line and the wording all come from here. What a kind needs only to ask is
in a module of its own, loaded when a source of that kind is opened: the clients of Stripe and
HubSpot take some 25 MB each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pkgutil import resolve_name
from types import MappingProxyType

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from plugin.customers.addresses import Addresses, BadAddress
from plugin.customers.http_json import METHODS, HttpEndpoint, check_url, secret_header
from plugin.customers.mapped import MappedSource, compiled
from plugin.customers.outbound import Outbound
from plugin.customers.paths import AS_OF, BadPath, merged, read_field_map
from plugin.customers.salesforce import Salesforce, columns_of
from plugin.customers.shopify import Shopify
from plugin.customers.sql import BAD_URL, SqlSource, problems_of_sql
from plugin.customers.typed import Asked
from plugin.ports import Clock, Refused, Requester, Unavailable
from plugin.records.connections import SourceRecord
from plugin.terms import BadTerms, Terms, read_terms
from plugin.unreached import why_unreached
from plugin.views.sources import SourceAsk, SourceKind

UPLOADED = "uploaded"

ON_THIS_MACHINE = (
    "A file of this machine is added here only by who runs it: `deskroute sources add-sql`."
)

HUBSPOT_API = "https://api.hubapi.com"
STRIPE_API = "https://api.stripe.com"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a source is opened from, with its settings read."""

    record: SourceRecord
    terms: Terms
    fields: Mapping[str, str]
    addresses: Addresses
    clock: Clock

    @property
    def outbound(self) -> Outbound:
        """A bounded connection of its own."""
        return Outbound(self.record.name, self.addresses, self.terms.timeout)

    def setting(self, name: str, default: str = "") -> str:
        """A setting as entered; the default where it was left empty."""
        return self.record.settings.get(name, "").strip() or default

    def mapped(self, fetch: Callable[[Requester], object | None]) -> Asked:
        """The source whose answers are read by its field map."""
        return MappedSource(self.record.name, fetch, compiled(self.fields), self.clock)


Opener = Callable[[Opening], Asked]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. ``client`` is the package it needs beyond what every installation has."""

    view: SourceKind
    open: Opener
    client: str = ""


_MAP = SourceAsk(
    "fields",
    "Field map",
    "One line for each field, such as customer.plan = subscription.plan. What stands here is added "
    "to the map below or replaces it; a path “-” takes a field out. as_of = … is the moment at "
    "which the answer was true.",
    needed=False,
    lines=5,
)


def _address(default: str, hint: str) -> SourceAsk:
    return SourceAsk("address", "Address", hint, needed=not default, default=default)


def _sql(opening: Opening) -> Asked:
    record = opening.record
    return SqlSource(
        record.name,
        record.secrets["url"],
        record.settings["query"],
        opening.clock,
        opening.terms.timeout,
    )


def _http(opening: Opening) -> Asked:
    url, method = opening.setting("url"), opening.setting("method", METHODS[0])
    header = opening.setting("header")
    headers = secret_header(header, opening.record.secrets.get("token", ""))
    return opening.mapped(HttpEndpoint(opening.outbound, url, method, headers).fetch)


def _salesforce(opening: Opening) -> Asked:
    secrets = opening.record.secrets
    return opening.mapped(
        Salesforce(
            opening.record.name,
            opening.outbound,
            opening.setting("address").rstrip("/"),
            secrets["client_id"],
            secrets["client_secret"],
            columns_of(opening.fields.values()),
        ).fetch
    )


def _shopify(opening: Opening) -> Asked:
    address = opening.setting("address").rstrip("/")
    token = opening.record.secrets["token"]
    return opening.mapped(Shopify(opening.record.name, opening.outbound, address, token).fetch)


def _hubspot(opening: Opening) -> Asked:
    paths = [path.partition(".") for path in opening.fields.values()]
    address = opening.setting("address", HUBSPOT_API).rstrip("/")
    open_client = resolve_name("plugin.customers.hubspot:HubSpot")
    client = open_client(
        opening.outbound,
        address,
        opening.record.secrets["token"],
        contact=[name for whole, _, name in paths if whole == "contact"],
        company=[name for whole, _, name in paths if whole == "company"],
    )
    return opening.mapped(client.fetch)


def _stripe(opening: Opening) -> Asked:
    address = opening.setting("address", STRIPE_API).rstrip("/")
    open_client = resolve_name("plugin.customers.stripe:StripeCustomers")
    token = opening.record.secrets["token"]
    return opening.mapped(open_client(opening.record.name, opening.outbound, address, token).fetch)


def _uploaded(opening: Opening) -> Asked:
    raise Refused(f"{opening.record.name} is a file and not asked.")


_ALL = (
    Kind(SourceKind(UPLOADED, "uploaded file", (), MappingProxyType({}), remote=False), _uploaded),
    Kind(
        SourceKind(
            "sql",
            "SQL query",
            (
                SourceAsk(
                    "query",
                    "Query",
                    'Columns are named as fields: SELECT plan AS "customer.plan" FROM users '
                    "WHERE email = :email. It may use :external_id too.",
                    lines=4,
                ),
                SourceAsk("url", "Database", "An SQLAlchemy URL with its password.", secret=True),
            ),
            MappingProxyType({}),
        ),
        _sql,
    ),
    Kind(
        SourceKind(
            "http",
            "HTTP endpoint",
            (
                SourceAsk(
                    "url",
                    "Address",
                    "Put {email} or {external_id} where the customer stands: "
                    "https://crm.example.com/customers?email={email}",
                ),
                SourceAsk("method", "Method", "GET or POST.", needed=False, default="GET"),
                SourceAsk(
                    "header",
                    "Header of the secret",
                    "Left empty, it is sent as a bearer token.",
                    needed=False,
                    default="Authorization",
                ),
                SourceAsk("token", "Secret", secret=True, needed=False),
                _MAP,
            ),
            MappingProxyType({}),
        ),
        _http,
    ),
    Kind(
        SourceKind(
            "hubspot",
            "HubSpot",
            (
                SourceAsk(
                    "token",
                    "Access token",
                    "Of a private app that may read contacts, companies and owners.",
                    secret=True,
                ),
                _address(HUBSPOT_API, "Left empty, it is HubSpot’s own."),
                _MAP,
            ),
            MappingProxyType(
                {
                    "customer.city": "contact.city",
                    "customer.country": "contact.country",
                    "customer.profession": "contact.jobtitle",
                    "customer.stage": "contact.lifecyclestage",
                    "customer.language": "contact.hs_language",
                    "customer.signed_up": "contact.createdate",
                    "customer.orders": "contact.num_associated_deals",
                    "customer.lifetime_value": "contact.total_revenue",
                    "customer.owner": "owner",
                    "account.name": "company.name",
                    "account.domain": "company.domain",
                    "account.industry": "company.industry",
                    "account.employees": "company.numberofemployees",
                    "account.revenue": "company.annualrevenue",
                }
            ),
        ),
        _hubspot,
        client="hubspot",
    ),
    Kind(
        SourceKind(
            "salesforce",
            "Salesforce",
            (
                _address("", "Your My Domain: https://acme.my.salesforce.com"),
                SourceAsk("client_id", "Consumer key", "Of a connected app.", secret=True),
                SourceAsk(
                    "client_secret",
                    "Consumer secret",
                    "The app must allow the client credentials flow.",
                    secret=True,
                ),
                _MAP,
            ),
            MappingProxyType(
                {
                    "customer.name": "Name",
                    "customer.profession": "Title",
                    "customer.city": "MailingCity",
                    "customer.country": "MailingCountry",
                    "customer.signed_up": "CreatedDate",
                    "customer.owner": "Owner.Name",
                    "account.name": "Account.Name",
                    "account.industry": "Account.Industry",
                    "account.employees": "Account.NumberOfEmployees",
                    "account.revenue": "Account.AnnualRevenue",
                    "account.domain": "Account.Website",
                }
            ),
        ),
        _salesforce,
    ),
    Kind(
        SourceKind(
            "stripe",
            "Stripe",
            (
                SourceAsk(
                    "token",
                    "Restricted key",
                    "It needs to read customers and subscriptions, and nothing else.",
                    secret=True,
                ),
                _address(STRIPE_API, "Left empty, it is Stripe’s own."),
                _MAP,
            ),
            MappingProxyType(
                {
                    "customer.name": "customer.name",
                    "customer.city": "customer.address.city",
                    "customer.country": "customer.address.country",
                    "customer.language": "customer.preferred_locales[0]",
                    "customer.plan": "plan",
                    "customer.stage": "stage",
                    "customer.signed_up": "signed_up",
                    "customer.renewal": "renewal",
                    "account.arr": "arr",
                }
            ),
        ),
        _stripe,
        client="stripe",
    ),
    Kind(
        SourceKind(
            "shopify",
            "Shopify",
            (
                _address("", "Your shop: https://acme.myshopify.com"),
                SourceAsk(
                    "token",
                    "Admin API access token",
                    "Of a custom app with the scope read_customers.",
                    secret=True,
                ),
                _MAP,
            ),
            MappingProxyType(
                {
                    "customer.name": "displayName",
                    "customer.city": "defaultAddress.city",
                    "customer.country": "defaultAddress.countryCodeV2",
                    "customer.language": "locale",
                    "customer.orders": "numberOfOrders",
                    "customer.lifetime_value": "amountSpent.amount",
                    "customer.signed_up": "createdAt",
                    "customer.last_order": "lastOrder.processedAt",
                    "customer.lists": "tags",
                    "account.name": "defaultAddress.company",
                }
            ),
        ),
        _shopify,
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.view.name: kind for kind in _ALL})
"""Every kind of source, by the word that stands in its record."""


def open_kind(record: SourceRecord, addresses: Addresses, clock: Clock) -> tuple[Asked, Terms]:
    """The source of a record, which asks anew each time, and its terms.

    Raises Unavailable with what is wrong where it cannot be used.
    """
    kind = KINDS.get(record.kind)
    if kind is None:
        raise Unavailable(f"{record.name} is of the kind “{record.kind}”, which is not known here.")
    try:
        terms = read_terms(record.settings, remote=kind.view.remote)
        fields = merged(kind.view.fields, read_field_map(record.settings.get("fields", "")))
        return kind.open(Opening(record, terms, fields, addresses, clock)), terms
    except ImportError:
        raise Unavailable(f"{record.name}: {_missing(kind)}") from None
    except (BadTerms, BadPath) as error:
        raise Unavailable(f"{record.name}: {error}") from None
    except Exception as error:  # a driver may raise anything
        # The type alone: the message may quote an address with its password.
        why = f"{record.name} cannot be opened ({type(error).__name__}). Check its settings."
        raise Unavailable(why) from error


def problems_of(record: SourceRecord, addresses: Addresses) -> dict[str, str]:
    """What is wrong with a source's settings, by setting; nothing is asked yet."""
    kind = KINDS.get(record.kind)
    if kind is None:
        return {"kind": f"There is no kind “{record.kind}”. Known: {', '.join(KINDS)}."}
    problems: dict[str, str] = {}
    for ask in kind.view.asks:
        given = (record.secrets if ask.secret else record.settings).get(ask.name, "")
        if ask.needed and not given.strip():
            problems[ask.name] = "Enter it."
        elif ask.secret and not (given.isascii() and given.isprintable()):
            problems[ask.name] = "It holds characters that no secret has. Copy it again."
    try:
        read_terms(record.settings, remote=kind.view.remote)
    except BadTerms as error:
        problems |= error.problems
    try:
        read_field_map(record.settings.get("fields", ""))
    except BadPath as error:
        problems["fields"] = str(error)
    if _lacks_client(kind):
        problems["kind"] = _missing(kind)
    if record.kind == "sql":
        bad = problems_of_sql(record.secrets.get("url", ""), record.settings.get("query", ""))
        problems = bad | problems
    return problems | _bad_addresses(record, addresses, problems)


def mapped_fields(record: SourceRecord) -> frozenset[str]:
    """The fields that a person's own map of this source names. Raises BadPath."""
    return frozenset(read_field_map(record.settings.get("fields", ""))) - {AS_OF}


def _bad_addresses(
    record: SourceRecord, addresses: Addresses, problems: Mapping[str, str]
) -> dict[str, str]:
    method = record.settings.get("method", "").strip() or METHODS[0]
    if record.kind == "http" and method not in METHODS:
        return {"method": f"“{method[:20]}” is not a method here. Use GET or POST."}
    for name in ("url", "address"):
        given = record.settings.get(name, "").strip()
        if not given or name in problems:
            continue
        try:
            if record.kind == "http":
                check_url(given, method, addresses)
            else:
                addresses.check(given)
        except (BadAddress, ValueError) as error:
            return {name: str(error)}
    return {}


def _lacks_client(kind: Kind) -> bool:
    return bool(kind.client) and find_spec(kind.client) is None


def _missing(kind: Kind) -> str:
    return (
        f"{kind.view.says} needs its client, which is not installed. "
        'Run `.venv/bin/pip install -e ".[crm]"`, then start Deskroute again.'
    )


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds as forms and commands know them."""

    addresses: Addresses

    def all(self) -> tuple[SourceKind, ...]:
        """Every kind."""
        return tuple(
            replace(kind.view, missing=_missing(kind)) if _lacks_client(kind) else kind.view
            for kind in KINDS.values()
        )

    def problems(self, record: SourceRecord) -> dict[str, str]:
        """What is wrong with a source's settings, by setting."""
        return problems_of(record, self.addresses)

    def unsafe(self, record: SourceRecord, entered: Mapping[str, str]) -> dict[str, str]:
        """What of a source may be set up on this machine only, not from a page, by setting.

        A database in our own network, or a file of this machine, could be anybody's.
        """
        if record.kind != "sql" or not entered.get("url", "").strip():
            return {}
        try:
            url = make_url(record.secrets["url"])
            if not url.host:
                return {"url": ON_THIS_MACHINE}
            self.addresses.check(f"https://{url.host}")
            self.addresses.resolve(url.host, url.port or 1)
        except BadAddress as error:
            return {"url": str(error)}
        except OSError as error:
            return {"url": f"The database cannot be reached: {why_unreached(error)}."}
        except (ArgumentError, ValueError):
            # Without its words, which may quote the password.
            return {"url": BAD_URL}
        return {}

    def mapped(self, record: SourceRecord) -> frozenset[str]:
        """The fields that a person's own map of this source names."""
        return mapped_fields(record)
