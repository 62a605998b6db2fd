"""Everything that is set from outside, read once, with every problem named at the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def _setting(default: Any, says: str, *, may_be_0: bool = False) -> Any:
    return field(default=default, metadata={"says": says, "may_be_0": may_be_0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one installation; each is the environment variable DESKROUTE_<NAME>."""

    data: Path = _setting(
        Path(".deskroute"), "Folder for the embedded database, broker and keys, if those are used."
    )
    database_url: str = _setting(
        "", "SQLAlchemy URL of PostgreSQL or SQLite. Empty: a SQLite file in the data folder."
    )
    broker_url: str = _setting(
        "", "redis:// URL of Redis or Valkey. Empty: `deskroute up` starts an embedded Valkey."
    )
    keys: tuple[str, ...] = _setting(
        (),
        "Secret keys, newest first, separated by commas; the first one encrypts and signs. "
        "Empty: one is made and kept in the data folder.",
    )
    base_url: str = _setting(
        "http://127.0.0.1:8100", "Where people and desks reach Deskroute; stands in every link."
    )
    host: str = _setting("127.0.0.1", "Address the web server listens on.")
    port: int = _setting(8100, "Port the web server listens on.")
    web_processes: int = _setting(1, "Web server processes.")
    web_threads: int = _setting(8, "Threads per web server process.")
    worker_processes: int = _setting(2, "Worker processes.")
    max_body: int = _setting(1_000_000, "Largest webhook body that is read, in bytes.")
    lease: int = _setting(60, "Seconds after which a delivery is taken from a worker gone silent.")
    tries: int = _setting(5, "Tries before a delivery is parked.")
    sweep: int = _setting(10, "Seconds between two looks for work that the doorbell missed.")
    poll: int = _setting(30, "Seconds between two looks at each desk for news it never sent.")
    source_budget: float = _setting(
        2.0, "Seconds that all customer sources together may take for one ticket."
    )
    keep_tickets_days: int = _setting(
        0,
        "Days after its solving for which a ticket keeps who asked and what. "
        "Times, queue, segment and rating stay. 0: for ever.",
        may_be_0=True,
    )
    keep_deliveries_days: int = _setting(
        30,
        "Days for which the body of a delivery is kept once it is done. 0: for ever.",
        may_be_0=True,
    )
    internal_hosts: tuple[str, ...] = _setting(
        (),
        "Hosts in your own network that customer sources and receivers may be at, separated by "
        "commas; without them only public addresses are called.",
    )
    frame_origins: tuple[str, ...] = _setting(
        (),
        "Origins of desks that may frame the panel, and of web sites that may frame the survey "
        "widget, separated by commas.",
    )
    smtp_url: str = _setting(
        "",
        "Mail server, like `smtps://user:password@mail.company.example`; `smtp://` is encrypted "
        "where the server offers it, and without that takes no password. Certificates are checked; "
        "`SSL_CERT_FILE` names an authority of your own. Empty: no mail is sent.",
    )
    mail_from: str = _setting("", "Sender of mails, like `Support <support@company.example>`.")

    @property
    def sqlite_file(self) -> Path:
        """Where the embedded database stands."""
        return self.data / "deskroute.sqlite"


class BadSettings(Exception):
    """Settings that cannot be used; says all that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


PREFIX = "DESKROUTE_"

_ORIGIN = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.\-\[\]:]+")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables. Raises BadSettings with every problem."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    known = {PREFIX + one.name.upper(): one for one in fields(Settings)}
    strange = [name for name in environment if name.startswith(PREFIX) and name not in known]
    problems += [f"{name} is not a setting. Known: {', '.join(sorted(known))}." for name in strange]
    for name, one in known.items():
        raw = environment.get(name, "").strip()
        if not raw:
            continue
        try:
            values[one.name] = _read(one.default, raw)
        except ValueError:
            kind = "a whole number" if isinstance(one.default, int) else "a number"
            problems.append(f"{name} is “{raw}”; it must be {kind}.")
    problems += _check(values)
    if problems:
        raise BadSettings(problems)
    settings = Settings(**values)
    if not settings.database_url:
        url = f"sqlite:///{settings.sqlite_file.absolute()}"
        settings = Settings(**{**values, "database_url": url})
    return settings


def to_environment(settings: Settings) -> dict[str, str]:
    """The environment variables that give these settings to a child process."""
    written = {}
    for one in fields(settings):
        value = getattr(settings, one.name)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        if text:
            written[PREFIX + one.name.upper()] = text
    return written


def _read(default: object, raw: str) -> object:
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if isinstance(default, Path):
        return Path(raw)
    if isinstance(default, int | float):
        return type(default)(raw)
    return raw


def _check_mail(url: str, sender: str) -> list[str]:
    problems = []
    if url and (urlsplit(url).scheme not in {"smtp", "smtps"} or not urlsplit(url).hostname):
        problems.append(f"{PREFIX}SMTP_URL must begin with smtp:// or smtps:// and name a server.")
    if sender and "@" not in sender:
        problems.append(f"{PREFIX}MAIL_FROM must be an address, like support@company.example.")
    if bool(url) != bool(sender):
        problems.append(f"{PREFIX}SMTP_URL and {PREFIX}MAIL_FROM are set together or not at all.")
    return problems


def _check(values: Mapping[str, Any]) -> list[str]:
    # What a wrong URL was is not repeated: it may hold a password.
    problems = [
        f"{PREFIX}{name.upper()} must be a URL with its scheme in front."
        for name in ("base_url", "broker_url", "database_url")
        if values.get(name) and not urlsplit(values[name]).scheme
    ]
    for one in fields(Settings):
        value = values.get(one.name)
        if not isinstance(value, int | float):
            continue
        if one.metadata["may_be_0"] and value < 0:
            problems.append(f"{PREFIX}{one.name.upper()} is {value}; it must be 0 or more.")
        elif value <= 0 and not one.metadata["may_be_0"]:
            problems.append(f"{PREFIX}{one.name.upper()} is {value}; it must be more than 0.")
    # Nor is what stands in place of an origin, for the same reason.
    problems += [
        f"Value {place} of {PREFIX}FRAME_ORIGINS is not an origin. "
        "Write it as https://desk.example, with nothing after it."
        for place, origin in enumerate(values.get("frame_origins", ()), 1)
        if not _ORIGIN.fullmatch(origin)
    ]
    problems += _check_mail(values.get("smtp_url", ""), values.get("mail_from", ""))
    short = [len(key) for key in values.get("keys", ()) if len(key) < 32]
    if short:
        problems.append(
            f"A key in {PREFIX}KEYS has {short[0]} characters; 32 is the least. "
            "`deskroute key` makes one."
        )
    return problems
