"""The demo: everything runs, with a live desk, sample customers and tickets flowing."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import click

from plugin.commands.context import console, plain_errors
from plugin.commands.environment import settings_or_exit
from plugin.commands.run import stop_on_term
from plugin.data_folder import empty, held
from plugin.demo.postbox import SENDER, Postbox, open_postbox
from plugin.demo.proof import known_customers, prove, wait_until_done
from plugin.demo.samples.live import Incoming, incoming
from plugin.demo.samples.people import Group
from plugin.demo.stage import CONNECTION, PEOPLE, SEED, Files, Stage, set_up
from plugin.demo.traffic import Traffic
from plugin.files import read_rows
from plugin.pages.refusals import BadFile
from plugin.settings import Settings
from plugin.up import Up

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_START = 60.0
"""Seconds the web server is given to answer."""

MOST_WAIT = 300.0
"""Seconds the check waits for the last ticket."""


@click.command()
@click.option("--check", is_flag=True, help="Open tickets, compare each with the playbook, end.")
@click.option("--count", type=click.IntRange(1, 5000), default=40, help="Tickets to check.")
@click.option("--pace", type=click.FloatRange(0.1), default=4.0, help="Seconds between tickets.")
@click.option("--tickets", type=FILE, help="Your tickets: subject, text, requester_email.")
@click.option("--customers", type=FILE, help="Your customers: email and fields of the playbook.")
@click.option("--playbook", type=FILE, help="Your playbook.")
@click.option("--fresh", is_flag=True, help="Forget what earlier demos left.")
@plain_errors
def demo(  # ruff: ignore[too-many-arguments] — click passes each option by name
    *,
    check: bool,
    count: int,
    pace: float,
    tickets: Path | None,
    customers: Path | None,
    playbook: Path | None,
    fresh: bool,
) -> None:
    """Show Deskroute at work on a live help desk, with sample data or your own files."""
    files = Files(customers=customers, tickets=tickets)
    if playbook is not None:
        files = replace(files, playbook=playbook)
    settings = settings_or_exit()
    stop_on_term()
    if check:
        with tempfile.TemporaryDirectory(prefix="deskroute-check-") as fleeting:
            passed = _Demo(_in(settings, Path(fleeting)), files).check(count)
        raise SystemExit(0 if passed else 1)
    folder = Path(".demo")
    with held(folder):
        if fresh:
            empty(folder)
        _Demo(_in(settings, folder), files).show(pace)


def _in(settings: Settings, folder: Path) -> Settings:
    """The same settings with everything of this demo in one folder."""
    database = f"sqlite:///{(folder / 'deskroute.sqlite').absolute()}"
    if not settings.database_url.startswith("sqlite"):
        database = settings.database_url
    return replace(settings, data=folder, database_url=database, sweep=5)


@dataclass(frozen=True, slots=True)
class _Demo:
    settings: Settings
    files: Files

    def show(self, pace: float) -> None:
        """Run until Ctrl-C."""
        try:
            self._play(pace)
        except KeyboardInterrupt:
            console.print("Stopped. Start again with the same command; what happened is kept.")

    def _play(self, pace: float) -> None:
        began = time.monotonic()
        with self._mailing() as (settings, postbox), self._running(settings) as (stage, up):
            console.print(f"Ready after {time.monotonic() - began:.0f} s.\n")
            if moved := up.moved():
                console.print(f"{moved}\n", style="yellow bold")
            _welcome(stage, up, self.files, postbox)
            try:
                self._traffic(stage, pace, postbox).run(until=lambda: _mended(up))
            finally:
                console.print("Stopping.")

    def check(self, count: int) -> bool:
        """Open tickets, wait until all is done, and compare with the playbook."""
        with self._running(self.settings) as (stage, _):
            traffic = self._traffic(stage, 1.0)
            console.print(f"Opening {count} tickets")
            opened = [one for _ in range(count) if (one := traffic.open_one()) is not None]
            console.print("Waiting until all of them are done")
            wait_until_done(stage, opened, MOST_WAIT)
            proof = prove(stage, opened, known_customers(stage, stage.customer_file))
        for line in proof.lines():
            console.print(line, markup=False)
        return proof.passed

    @contextmanager
    def _mailing(self) -> Iterator[tuple[Settings, Postbox | None]]:
        """The settings with a mail server of the demo's own, unless one is set."""
        if self.settings.smtp_url:
            yield self.settings, None
            return
        with open_postbox(self.settings.data / "mails") as (postbox, url):
            yield replace(self.settings, smtp_url=url, mail_from=SENDER), postbox

    @contextmanager
    def _running(self, settings: Settings) -> Iterator[tuple[Stage, Up]]:
        """The stage with Deskroute on it; at the end both are stopped, Deskroute first."""
        up = Up(settings)
        stage = None
        try:
            stage = set_up(settings, self.files, _say, up.launch)
            console.print("Waiting for web, worker and beat")
            up.wait_for_web(MOST_START)
            stage.desk.point_webhooks_at(
                f"http://127.0.0.1:{up.port}/webhooks/{CONNECTION}/{stage.webhook_secret}"
            )
            yield stage, up
        finally:
            up.stop()
            if stage is not None:
                stage.desk.stop()

    def _traffic(self, stage: Stage, pace: float, postbox: Postbox | None = None) -> Traffic:
        if self.files.tickets is not None:
            source = _own(self.files.tickets)
        else:
            source = incoming(SEED, stage.people)
        rng = Random(SEED)  # ruff: ignore[suspicious-non-cryptographic-random-usage] — it plays people, it guards nothing
        return Traffic(stage.desk, stage.playbook, source, rng, pace, _say, postbox)


def _say(text: str) -> None:
    console.print(text, markup=False)


def _mended(up: Up) -> bool:
    """Start again what has ended; never a reason to stop playing."""
    up.mend(_say)
    return False


def _own(path: Path) -> Iterator[Incoming]:
    """A user's own tickets, in the order of their file."""
    for line, row in read_rows(path, {}):
        if isinstance(row, str):
            console.print(f"line {line}: {row}", markup=False)
            continue
        needed = [name for name in ("subject", "text", "requester_email") if name not in row]
        if needed:
            raise BadFile(f"{path.name} has no column {needed[0]}. It has: {', '.join(row)}.")
        yield Incoming(
            subject=str(row["subject"])[:200],
            text=str(row["text"]),
            email=str(row["requester_email"]),
            name=str(row.get("requester_name") or ""),
            via="api" if line % 2 else "form",
            customer=None,
            topic="",
            language="en",
            group=Group.OTHER,
        )


def _welcome(stage: Stage, up: Up, files: Files, postbox: Postbox | None) -> None:
    console.print(f"Deskroute     {up.base_url}")
    console.print(f"The desk      {stage.desk.url}")
    if postbox is not None:
        console.print(f"Mails         {postbox.folder}, one file each; none leaves this machine")
    console.print("Sign in with this password as any of the three:")
    for email, name, role in PEOPLE:
        console.print(f"  {role.value:<6} {email:<22} {name}")
    console.print(f"  password {stage.password}\n", markup=False)
    for line in files.origin():
        console.print(line, markup=False)
    if stage.resumed and not files.are_samples:
        console.print("What earlier demos left is there, too; --fresh forgets it.")
    console.print("Ctrl-C stops everything.\n")
