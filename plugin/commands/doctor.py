"""What is missing, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import click
import httpx
from redis import Redis, RedisError

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.desks import LEAST_SECRET
from plugin.desks.signatures import SCHEMES
from plugin.keys import keys_of
from plugin.ports import Refused, Unavailable
from plugin.records.connections import ConnectionRecord
from plugin.settings import Settings
from plugin.store.migrate import pending
from plugin.store.vault import LockedOut
from plugin.wiring import Deskroute
from routing.playbook import Playbook
from routing.surveys.survey import Channel

SKEW = 60
"""Seconds the clock may be off before signatures begin to fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``mend`` is empty where nothing has to be done."""

    what: str
    good: bool
    says: str
    mend: str = ""


@click.command()
@plain_errors
def doctor() -> None:
    """Check settings, database, broker, desks, secrets, clock and playbook."""
    bad = 0
    for finding in examine(deskroute()):
        mark = "ok  " if finding.good else "bad "
        console.print(f"{mark} {finding.what}: {finding.says}", markup=False)
        if finding.mend:
            console.print(f"       {finding.mend}", markup=False)
        bad += not finding.good
    if bad:
        raise click.ClickException(f"{bad} to mend.")
    console.print("All in order.")


def examine(flows: Deskroute) -> Iterator[Finding]:
    """Look at everything, one thing after the other."""
    yield from _settings(flows.settings)
    database = _database(flows)
    yield database
    yield _broker(flows.settings)
    if not database.good:
        return
    try:
        with flows.store.look() as work:
            desks = work.connections.desks()
            playbook = work.playbooks.live()
            people = work.people.everyone()
    except LockedOut as error:
        yield Finding("secrets", good=False, says=str(error))
        return
    yield _people(len(people))
    yield _playbook(playbook)
    if not desks:
        mend = "Connect one with `deskroute desks connect`."
        yield Finding("desks", good=False, says="none is connected", mend=mend)
    for desk in desks:
        yield from _desk(flows, desk, playbook)
    yield from _sources(flows)
    yield from _mail(flows, playbook)


def _mail(flows: Deskroute, playbook: Playbook | None) -> Iterator[Finding]:
    if not flows.settings.smtp_url:
        rules = () if playbook is None else playbook.rules
        surveys = () if playbook is None else playbook.surveys
        mails = any(survey.channel is Channel.MAIL for survey in surveys)
        if mails or any(rule.then.notify for rule in rules):
            who = "surveys ask customers" if mails else "rules tell people"
            says = f"{who} by mail, but no mail server is set"
            mend = "Set DESKROUTE_SMTP_URL and DESKROUTE_MAIL_FROM. Mails wait for a day."
            yield Finding("mail", good=False, says=says, mend=mend)
        return
    try:
        flows.mailer.check()
    except (Unavailable, Refused) as error:
        mend = "Check DESKROUTE_SMTP_URL. Mails wait for a day until it answers."
        yield Finding("mail", good=False, says=error.reason, mend=mend)
    else:
        yield Finding("mail", good=True, says="the mail server answers")


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("settings", good=True, says="readable")
    made = "from DESKROUTE_KEYS" if settings.keys else f"kept in {settings.data / 'key'}"
    keys_of(settings)
    yield Finding("secret key", good=True, says=made)
    if settings.base_url.startswith("http:") and "127.0.0.1" not in settings.base_url:
        mend = "Set DESKROUTE_BASE_URL to an https address, behind a proxy that speaks TLS."
        says = f"{settings.base_url} is not https, so passwords and tickets travel in the clear"
        yield Finding("address", good=False, says=says, mend=mend)


def _database(flows: Deskroute) -> Finding:
    try:
        has, wanted = pending(flows.database.engine)
    except Exception as error:  # ruff: ignore[blind-except] — whatever a driver raises, this is the finding
        reason = str(error).splitlines()[0]
        mend = "Check DESKROUTE_DATABASE_URL, and that the server runs."
        return Finding("database", good=False, says=reason, mend=mend)
    if has != wanted:
        says = f"its shape is {has or 'empty'}, this release needs {wanted}"
        return Finding("database", good=False, says=says, mend="Run `deskroute migrate`.")
    return Finding("database", good=True, says=f"{flows.database.engine.dialect.name}, {has}")


def _broker(settings: Settings) -> Finding:
    if not settings.broker_url:
        return Finding("broker", good=True, says="embedded, started by `deskroute up`")
    try:
        Redis.from_url(settings.broker_url, socket_timeout=3, socket_connect_timeout=3).ping()
    except (RedisError, OSError) as error:
        mend = "Check DESKROUTE_BROKER_URL. Until it answers, tickets wait for the sweep."
        return Finding("broker", good=False, says=str(error), mend=mend)
    return Finding("broker", good=True, says="answers")


def _people(count: int) -> Finding:
    if count:
        return Finding("people", good=True, says=f"{count} may sign in")
    mend = "Run `deskroute people add E-MAIL --name NAME --role admin`."
    return Finding("people", good=False, says="nobody can sign in yet", mend=mend)


def _playbook(playbook: Playbook | None) -> Finding:
    if playbook is None:
        mend = "Publish one with `deskroute playbook publish FILE`."
        return Finding("playbook", good=False, says="none is published", mend=mend)
    return Finding("playbook", good=True, says=f"{playbook.name}, version {playbook.version}")


def _desk(flows: Deskroute, desk: ConnectionRecord, playbook: Playbook | None) -> Iterator[Finding]:
    name = f"desk {desk.name}"
    try:
        flows.desks.named(desk.name).check()
        directory = flows.desks.named(desk.name).directory()
    except (Unavailable, Refused) as error:
        mend = "Check its address and token, then `deskroute desks connect` again."
        yield Finding(name, good=False, says=error.reason, mend=mend)
        return
    yield Finding(name, good=True, says="answers, and knows our token")
    yield _secrets(desk)
    yield _clock(desk)
    if playbook is None:
        return
    missing = [queue.name for queue in playbook.queues if desk.name not in queue.ids]
    if missing:
        says = f"these queues of the playbook have no id here: {', '.join(missing)}"
        mend = f"Add `ids: {{{desk.name}: …}}` to them, or tickets sent there are parked."
        yield Finding(name, good=False, says=says, mend=mend)
    if directory.queues is None:
        yield Finding(name, good=True, says="does not list its queues, so ids are not compared")
        return
    known = {queue.ids.get(desk.name) for queue in playbook.queues}
    gone = sorted(key for key in known if key is not None and key not in directory.queues)
    if gone:
        says = f"the playbook names queues that the desk has not: {', '.join(gone)}"
        yield Finding(name, good=False, says=says, mend="Correct their ids in the playbook.")


def _sources(flows: Deskroute) -> Iterator[Finding]:
    with flows.store.look() as work:
        records = {record.name: record for record in work.connections.sources()}
    for line in flows.sources.view():
        what = f"customer source {line.name}"
        kept = records.get(line.name) if line.editable else None
        problems = {} if kept is None else flows.sources.check(kept, instead=True)
        if problems:
            mend = "Change it on the page Customer sources."
            yield Finding(what, good=False, says=" ".join(problems.values()), mend=mend)
        elif line.down_since is not None:
            says = f"not answering since {line.down_since:%Y-%m-%d %H:%M} UTC: {line.last_error}"
            mend = "Tickets are routed on what is known, and checked again when it returns."
            yield Finding(what, good=False, says=says, mend=mend)
        elif line.editable:
            yield Finding(what, good=True, says=line.last_error or "not down")


def _secrets(desk: ConnectionRecord) -> Finding:
    what = f"desk {desk.name}, webhooks"
    scheme = SCHEMES[desk.scheme]
    short = [secret for secret in desk.webhook_secrets if len(secret) < LEAST_SECRET]
    if not desk.webhook_secrets or short:
        mend = (
            f"Run `deskroute desks renew-secret {desk.name}`, point the webhooks at the address it "
            "prints, then run it with --drop-old."
        )
        says = f"a secret has fewer than {LEAST_SECRET} characters" if short else "no secret is set"
        return Finding(what, good=False, says=says, mend=mend)
    return Finding(what, good=True, says=scheme.warning or "signed")


def _clock(desk: ConnectionRecord) -> Finding:
    what = f"clock against {desk.name}"
    try:
        date = httpx.head(desk.settings["url"], timeout=5).headers.get("date")
    except httpx.HTTPError as error:
        return Finding(what, good=True, says=f"not compared: {type(error).__name__}")
    if date is None:
        return Finding(what, good=True, says="not compared: it does not tell the time")
    off = abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
    if off > SKEW:
        mend = "Set this machine's clock (NTP), or signed deliveries are refused as too old."
        return Finding(what, good=False, says=f"{off:.0f} s apart", mend=mend)
    return Finding(what, good=True, says=f"{off:.0f} s apart")
