"""The demo's stage: a data folder, a live desk, the sample data in it, and people who sign in."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from plugin.data_folder import close_to_others
from plugin.demo.desk import AgentLogin, LiveDesk
from plugin.demo.samples.history import tickets, write_tickets_csv
from plugin.demo.samples.people import SampleCustomer, customers, write_customers_csv
from plugin.files import read_rows
from plugin.records.connections import ConnectionRecord
from plugin.settings import Settings
from plugin.store.migrate import upgrade
from plugin.views.people import Person, Role
from plugin.views.playbook import ToPublish
from plugin.wiring import Deskroute
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.yaml_text import read_yaml

CONNECTION = "demo"
SEED = 2026
DAYS = 90
CUSTOMERS_FILE = "sample-customers.csv"
SAMPLES = Path(__file__).parent / "samples"

PEOPLE = (
    ("mara@halden.example", "Mara Lindqvist", Role.AGENT),
    ("ines@halden.example", "Ines Moreau", Role.LEAD),
    ("ruben@halden.example", "Ruben Haas", Role.ADMIN),
)

DEMO = Person(0, "demo", "Demo", Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Files:
    """What the demo plays with: the samples, or a user's own files in their place."""

    playbook: Path = SAMPLES / "playbook.yaml"
    customers: Path | None = None
    tickets: Path | None = None

    @property
    def are_samples(self) -> bool:
        """Whether nothing of a user's own is in play."""
        return self == Files()

    def origin(self) -> tuple[str, ...]:
        """What of the data is the user's own, and what is invented, line by line."""
        if self.are_samples:
            return ("All data is sample data, invented for this demo.",)
        chosen = {"playbook": self.playbook, "customers": self.customers, "tickets": self.tickets}
        samples = {"playbook": Files().playbook, "customers": None, "tickets": None}
        yours = [str(path) for name, path in chosen.items() if path != samples[name]]
        invented = [name for name, path in chosen.items() if path == samples[name]]
        return (
            f"Yours         {', '.join(yours)}",
            f"Invented      {', '.join([*invented, 'what agents answer, how customers rate'])}",
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """The demo, set up and ready to be started. One is ``resumed`` if its folder was filled."""

    flows: Deskroute
    desk: LiveDesk
    playbook: Playbook
    people: tuple[SampleCustomer, ...]
    password: str
    webhook_secret: str
    customer_file: Path
    logins: tuple[AgentLogin, ...]
    resumed: bool


def set_up(
    settings: Settings,
    files: Files,
    tell: Callable[[str], None],
    meanwhile: Callable[[], None] = lambda: None,
) -> Stage:
    """Prepare everything that the demo plays with; quick the second time.

    ``meanwhile`` starts Deskroute: it is called as soon as the database and the desk are there,
    so that its processes start while customers and history are imported.
    """
    folder = settings.data
    close_to_others(settings)
    flows = Deskroute(settings, _nobody_listens)
    upgrade(flows.database.engine)
    with flows.store.look() as work:
        resumed = bool(work.connections.sources())
    kept = _kept_secrets(folder)
    text = files.playbook.read_text(encoding="utf-8")
    playbook = read_playbook(text)
    logins = tuple(_login(agent.name, kept["desk"]) for agent in playbook.agents)
    tell("Starting a live django-helpdesk")
    desk = LiveDesk.start(
        folder / "desk",
        queues=[queue.name for queue in playbook.queues],
        agents=logins,
        webhook_url=None,
    )
    try:
        playbook = _publish(flows, _with_ids(text, desk, playbook))
        _connect(flows, desk, kept["webhook"])
        meanwhile()
        _people(flows, kept["people"])
        people = _fill(flows, files, resumed=resumed, tell=tell)
    except BaseException:
        desk.stop()
        raise
    return Stage(
        flows=flows,
        desk=desk,
        playbook=playbook,
        people=people,
        password=kept["people"],
        webhook_secret=kept["webhook"],
        customer_file=files.customers or folder / CUSTOMERS_FILE,
        logins=logins,
        resumed=resumed,
    )


def _nobody_listens() -> None:
    """No bell to ring while the stage is set: no worker runs yet."""


def _kept_secrets(folder: Path) -> dict[str, str]:
    """The demo's passwords, made once and kept where only their owner may read them."""
    path = folder / "demo-secrets.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    made = {name: secrets.token_urlsafe(12) for name in ("people", "desk")}
    made["webhook"] = secrets.token_urlsafe(32)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        json.dump(made, file)
    return made


def username(agent: str) -> str:
    """An agent's name in the desk, from their name in the playbook."""
    return ".".join("".join(c for c in word if c.isalnum()) for word in agent.casefold().split())


def _login(agent: str, password: str) -> AgentLogin:
    name = username(agent)
    return AgentLogin(name, password, agent, f"{name}@desk.example")


def _with_ids(text: str, desk: LiveDesk, playbook: Playbook) -> str:
    """The playbook's text with the live desk's ids in it."""
    document: Any = read_yaml(text).value
    agents = {agent.name: desk.agent_ids[username(agent.name)] for agent in playbook.agents}
    for group, ids in (("queues", desk.queue_ids), ("agents", agents)):
        for entry in document.get(group, []):
            entry["ids"] = {**entry.get("ids", {}), CONNECTION: ids[entry["name"]]}
    head = "# As the demo published it, with the live desk's ids.\n"
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _publish(flows: Deskroute, text: str) -> Playbook:
    with flows.store.look() as work:
        versions = work.playbooks.versions()
        live = work.playbooks.text(versions[0].version) if versions else None
    if live != text:
        based_on = versions[0].version if versions else 0
        # Whoever tries approvals out starts the demo again all the same.
        change = ToPublish(text, "The demo's playbook.", based_on, forced=True)
        flows.edit_playbook.publish_draft(change, DEMO)
    with flows.store.look() as work:
        playbook = work.playbooks.live()
    if playbook is None:
        raise AssertionError("it was published just now")
    return playbook


def _connect(flows: Deskroute, desk: LiveDesk, webhook_secret: str) -> None:
    record = ConnectionRecord(
        CONNECTION,
        "django-helpdesk",
        "secret_path",
        {"url": desk.url, "api_user": desk.api_user_id},
        {"token": desk.token, "webhook": webhook_secret},
        sample=True,
    )
    with flows.store.work() as work:
        work.connections.save_desk(record, flows.clock.now())
        work.commit()


def _people(flows: Deskroute, password: str) -> None:
    with flows.store.look() as work:
        known = {person.email for person in work.people.everyone()}
    for email, name, role in PEOPLE:
        if email not in known:
            flows.sign_in.save(email, name, role, password)


def _fill(
    flows: Deskroute, files: Files, *, resumed: bool, tell: Callable[[str], None]
) -> tuple[SampleCustomer, ...]:
    """Customers and history, once per folder; a user's own customers each time."""
    folder = flows.settings.data
    now = datetime.now(UTC)
    people = customers(SEED, today=now.date())
    if resumed and files.customers is None:
        return people
    if files.customers is not None:
        name, path = files.customers.stem, files.customers
    else:
        name, path = "CRM", folder / CUSTOMERS_FILE
        write_customers_csv(path, people)
    tell("Importing customers")
    report = flows.import_customers(name, read_rows(path, {}), dry=False)
    tell(f"  {report.changed} customers, {report.refused} rows refused")
    if files.are_samples:
        tell(f"Importing {DAYS} days of sample history")
        path = folder / "sample-tickets.csv"
        write_tickets_csv(path, tickets(SEED, people, now, DAYS))
        report = flows.import_tickets("history", read_rows(path, {}), dry=False)
        tell(f"  {report.changed} past tickets, {report.refused} rows refused")
    return people
