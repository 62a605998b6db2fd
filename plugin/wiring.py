"""The one place that picks the real parts and builds the flows from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.util import find_spec

from plugin.aside import PATIENT, ask_aside, start_aside
from plugin.customers.addresses import Addresses
from plugin.customers.gather import GatherCustomers
from plugin.customers.kinds import Kinds
from plugin.customers.registry import OpenSources
from plugin.customers.trial import TrySource
from plugin.desks.registry import OpenDesks
from plugin.doorbell import Doorbell
from plugin.drawing import DrawAside
from plugin.files import read_rows, together
from plugin.flows.customers.count_worth import worth_is_due
from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.customers.import_customers import ImportCustomers
from plugin.flows.customers.import_purchases import ImportPurchases
from plugin.flows.customers.see_sources import SeeSources
from plugin.flows.history.import_events import ImportEvents
from plugin.flows.history.import_tickets import ImportTickets
from plugin.flows.out.alerts import alerts_are_due
from plugin.flows.out.my_mails import SeeMyMails
from plugin.flows.out.receivers import SeeReceivers
from plugin.flows.out.send_digests import digest_is_due
from plugin.flows.out.send_mail import SendMails
from plugin.flows.out.send_webhooks import SendWebhooks
from plugin.flows.people.admit_programs import AdmitPrograms
from plugin.flows.people.audit import SeeAudit
from plugin.flows.people.sign_in import SignInPeople
from plugin.flows.people.tell_programs import TellPrograms
from plugin.flows.playbook.back_test import SeeBackTests
from plugin.flows.playbook.check_rules import CheckRules
from plugin.flows.playbook.drafts import SeeDrafts
from plugin.flows.playbook.edit_case import EditCase
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.playbook.edit_rule import EditRule
from plugin.flows.playbook.edit_segment import EditSegment
from plugin.flows.playbook.try_rule import TryRule
from plugin.flows.playbook.watch_trials import WatchTrials
from plugin.flows.results.export_tickets import ExportTickets
from plugin.flows.results.remeasure import Remeasure
from plugin.flows.results.see_issues import SeeIssues, issues_are_due
from plugin.flows.results.see_quality import SeeQuality, quality_is_due
from plugin.flows.see_frame import SeeFrame
from plugin.flows.segments.count_segments import push_is_due, report_is_due, value_is_due
from plugin.flows.segments.see_groups import SeeGroups
from plugin.flows.surveys.answer_survey import AnswerSurvey
from plugin.flows.surveys.ask_survey import AskSurvey
from plugin.flows.surveys.hand_off import HandOffByWebhook
from plugin.flows.surveys.take_ratings import TakeRatings
from plugin.flows.tickets.answer_turns import AnswerTurns
from plugin.flows.tickets.apply_decision import ApplyDecisions
from plugin.flows.tickets.deliveries import SeeDeliveries
from plugin.flows.tickets.explain import Explain
from plugin.flows.tickets.find_gone import FindGone
from plugin.flows.tickets.find_turns import FindTurns
from plugin.flows.tickets.handle_delivery import HandleDeliveries
from plugin.flows.tickets.keep import KeepAlone, KeepTogether
from plugin.flows.tickets.panel import SeePanel
from plugin.flows.tickets.poll import Poll
from plugin.flows.tickets.record_outcome import RecordOutcomes
from plugin.flows.tickets.repair import FindRepairs, RepairTicket
from plugin.flows.tickets.route_ticket import RouteTickets
from plugin.flows.tickets.take_in import TakeIn
from plugin.flows.tickets.work_off import WorkOff
from plugin.house import TEMPLATES
from plugin.keys import keys_of
from plugin.letters import MailTemplates
from plugin.links import SignedLinks
from plugin.mail import Smtp
from plugin.ports import Clock, HandOff, Jobs, Mailer, Messenger
from plugin.receivers import Messages
from plugin.records.connections import ConnectionRecord, SourceRecord
from plugin.records.work import Store
from plugin.settings import Settings
from plugin.staff_letters import StaffLetters
from plugin.store.arrivals import Arrivals
from plugin.store.database import Database, open_engine
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from plugin.views.customers import Keeps


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Deskroute:
    """All flows of one process, wired to the real world. Build it after a fork, never before.

    ``ring`` wakes a worker; what it rings on is the process's own affair.
    """

    settings: Settings
    ring: Callable[[], None]
    clock: Clock = SystemClock()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The secret keys, newest first."""
        return keys_of(self.settings)

    @cached_property
    def database(self) -> Database:
        """The database."""
        return Database(open_engine(self.settings.database_url, self.settings.web_threads + 2))

    @cached_property
    def store(self) -> Store:
        """Everything that is kept."""
        return SqlStore(self.database, Vault(self.keys))

    @cached_property
    def light_store(self) -> Store:
        """The same without waiting for the disk, for what is done over again if it is undone.

        Before a worker writes into a desk it commits the hold on the decision by ``store``, and
        with it all that went before: what a desk was told can always be found here.
        """
        return SqlStore(self.database, Vault(self.keys), light=True)

    @cached_property
    def jobs(self) -> Jobs:
        """The doorbell."""
        return Doorbell(self.ring)

    @cached_property
    def links(self) -> SignedLinks:
        """Addresses that people follow."""
        return SignedLinks(self.settings.base_url, self.keys)

    @cached_property
    def desks(self) -> OpenDesks:
        """Every connected desk."""
        return OpenDesks(self._desk_records, self.clock)

    def _desk_records(self) -> Sequence[ConnectionRecord]:
        with self.store.look() as work:
            return work.connections.desks()

    @cached_property
    def customers(self) -> GatherCustomers:
        """Every customer source."""
        budget = self.settings.source_budget
        sources = OpenSources(
            self._source_records, self.light_store, self.clock, self.addresses, budget
        )
        return GatherCustomers(sources, budget)

    @cached_property
    def addresses(self) -> Addresses:
        """Where customer sources may be asked."""
        return Addresses(frozenset(host.lower() for host in self.settings.internal_hosts))

    def _source_records(self) -> Sequence[SourceRecord]:
        with self.store.look() as work:
            return work.connections.sources()

    @cached_property
    def take_in(self) -> TakeIn:
        """The door."""
        keep = KeepTogether if self.database.has_one_writer else KeepAlone
        return TakeIn(self.desks, keep(self.store, Arrivals(self.database)), self.jobs)

    @cached_property
    def work_off(self) -> WorkOff:
        """The workers' loop."""
        settings = self.settings
        hold = timedelta(seconds=settings.lease * 0.75)
        apply = ApplyDecisions(self.store, self.light_store, self.links, self.clock, hold)
        handle = HandleDeliveries(
            desks=self.desks,
            record=RecordOutcomes(self.light_store),
            route=RouteTickets(self.store, self.customers, self.clock, hold),
            repair=RepairTicket(self.light_store, self.customers, self.clock),
            apply=apply,
            turns=AnswerTurns(self.store, self.customers, self.clock, apply, hold),
            ask=self.ask_survey,
            ratings=TakeRatings(self.store, self.desks, self.clock),
            clock=self.clock,
        )
        return WorkOff(self.light_store, self.clock, handle, settings.lease, settings.tries)

    @cached_property
    def ask_survey(self) -> AskSurvey:
        """Questions to customers whose ticket was solved."""
        return AskSurvey(
            self.store,
            self.links,
            MailTemplates(TEMPLATES),
            self.customers,
            self.clock,
            self.hand_off,
            timedelta(seconds=self.settings.lease * 0.75),
        )

    @cached_property
    def hand_off(self) -> HandOff:
        """What brings surveys to customers where we do not ourselves."""
        return HandOffByWebhook(self.store, self.clock)

    @cached_property
    def poll(self) -> Poll:
        """The look for news that no desk sent."""
        return Poll(self.desks, self.store, self.jobs, self.clock)

    def value_is_due(self) -> bool:
        """Whether customers' worth can be worked out, and never was."""
        return value_is_due(self.store)

    def report_is_due(self) -> bool:
        """Whether the segments have to be counted again."""
        return report_is_due(self.store, self.clock)

    def push_is_due(self) -> bool:
        """Whether receivers are still to be told what the newest count has changed."""
        return push_is_due(self.store)

    def worth_is_due(self) -> bool:
        """Whether it has to be added up again what segments are worth."""
        return worth_is_due(self.store, self.clock)

    @cached_property
    def forget(self) -> ForgetCustomers:
        """What is held about a customer, and its removal."""
        keeps = Keeps(self.settings.keep_tickets_days, self.settings.keep_deliveries_days)
        return ForgetCustomers(self.store, self.clock, keeps)

    @cached_property
    def check_rules(self) -> CheckRules:
        """The look for what is wrong with rules."""
        return CheckRules(self.clock)

    @cached_property
    def see_quality(self) -> SeeQuality:
        """The quality of each rule, as leads see it; the measuring is done aside."""
        return SeeQuality(
            self.store, self.clock, lambda: start_aside(self.settings, "rules", "count")
        )

    def quality_is_due(self) -> bool:
        """Whether the rules have to be measured again."""
        return quality_is_due(self.store, self.clock)

    @cached_property
    def see_issues(self) -> SeeIssues:
        """Topics, as leads see them; the looking for them is done aside."""
        return SeeIssues(
            self.store, self.clock, lambda: start_aside(self.settings, "issues", "find")
        )

    def issues_are_due(self) -> bool:
        """Whether topics have to be looked for again."""
        return issues_are_due(self.store, self.clock)

    @cached_property
    def edit_rule(self) -> EditRule:
        """The form of a rule, and the order of rules."""
        trials = TryRule(self.store, self.clock)
        return EditRule(self.store, self.clock, self.edit_playbook, trials, self.check_rules)

    @cached_property
    def edit_case(self) -> EditCase:
        """The form of a case."""
        return EditCase(self.store, self.clock, self.edit_playbook)

    @cached_property
    def back_tests(self) -> SeeBackTests:
        """Drafts of the playbook tried on past tickets; the trying is done aside."""

        def start(back_test: int) -> None:
            start_aside(self.settings, "back-test", "--kept", str(back_test))

        return SeeBackTests(self.store, self.clock, start)

    @cached_property
    def edit_segment(self) -> EditSegment:
        """The form of a segment."""
        return EditSegment(self.store, self.clock, self.edit_playbook)

    @cached_property
    def see_groups(self) -> SeeGroups:
        """Groups found in the data, as leads see them."""
        return SeeGroups(self.store, self._find_groups_aside, find_spec("sklearn") is not None)

    def _find_groups_aside(self, *options: str) -> bytes | None:
        words = ("segments", "find", "--json", *options)
        return ask_aside(self.settings, "", *words, within=PATIENT)

    @cached_property
    def find_repairs(self) -> FindRepairs:
        """The look for tickets that a customer source was missing for, and is back."""
        return FindRepairs(self.store, self.customers, self.jobs, self.clock)

    @cached_property
    def find_gone(self) -> FindGone:
        """The look for tickets that may be gone."""
        return FindGone(self.store, self.jobs, self.clock)

    @cached_property
    def find_turns(self) -> FindTurns:
        """The look for tickets for which it is time."""
        return FindTurns(self.store, self.jobs, self.clock)

    @cached_property
    def watch_trials(self) -> WatchTrials:
        """Rules on trial."""
        return WatchTrials(self.store, self.clock)

    @cached_property
    def mailer(self) -> Mailer:
        """The mail server."""
        return Smtp(self.settings.smtp_url, self.settings.mail_from)

    @cached_property
    def send_mails(self) -> SendMails:
        """Mails that are due."""
        return SendMails(self.store, self.mailer, self.clock)

    @cached_property
    def frames(self) -> SeeFrame:
        """What stands around every page."""
        return SeeFrame(self.store)

    @cached_property
    def drawings(self) -> DrawAside:
        """Charts as pictures; the drawing is done aside."""
        return DrawAside(self.settings.data / "charts")

    @cached_property
    def messages(self) -> Messenger:
        """The way to other tools."""
        return Messages(self.addresses)

    @cached_property
    def send_webhooks(self) -> SendWebhooks:
        """Messages to other tools that are due."""
        return SendWebhooks(self.store, self.messages, self.clock)

    @cached_property
    def receivers(self) -> SeeReceivers:
        """Where other tools are told what happens."""
        return SeeReceivers(self.store, self.messages, self.jobs, self.clock)

    @cached_property
    def letters(self) -> StaffLetters:
        """Mails to our own people."""
        return StaffLetters()

    @cached_property
    def my_mails(self) -> SeeMyMails:
        """Which mails somebody gets."""
        return SeeMyMails(self.store, self.clock, self.links)

    def digest_is_due(self) -> bool:
        """Whether any digest has to be written."""
        return digest_is_due(self.store, self.clock)

    def alerts_are_due(self) -> bool:
        """Whether segments have to be held to their goals again."""
        return alerts_are_due(self.store, self.clock)

    @cached_property
    def exports(self) -> ExportTickets:
        """Tables that go out."""
        return ExportTickets(self.store, self.clock)

    @cached_property
    def programs(self) -> AdmitPrograms:
        """Programs that ask over the API, and their tokens."""
        return AdmitPrograms(self.store, self.clock)

    @cached_property
    def tell_programs(self) -> TellPrograms:
        """What they are told."""
        return TellPrograms(self.store)

    @cached_property
    def panel(self) -> SeePanel:
        """The agent's panel."""
        return SeePanel(self.store, self.desks, self.clock)

    @cached_property
    def explain(self) -> Explain:
        """The reasons of decisions."""
        return Explain(self.store)

    @cached_property
    def edit_playbook(self) -> EditPlaybook:
        """The playbook."""
        return EditPlaybook(self.store, self.clock)

    @cached_property
    def drafts(self) -> SeeDrafts:
        """Playbooks that are not published yet."""
        return SeeDrafts(self.store, self.clock, self.edit_playbook, self.check_rules.findings)

    @cached_property
    def audit(self) -> SeeAudit:
        """The audit log."""
        return SeeAudit(self.store, self.clock)

    @cached_property
    def deliveries(self) -> SeeDeliveries:
        """The inbox, as people see it."""
        return SeeDeliveries(self.store, self.jobs, self.clock)

    @cached_property
    def sources(self) -> SeeSources:
        """Customer sources, as admins see them."""
        return SeeSources(
            self.store,
            self.clock,
            Kinds(self.addresses),
            self.import_customers,
            lambda path: read_rows(path, {}),
            self._try_source_aside,
        )

    def _try_source_aside(self, name: str, who: str) -> bytes | None:
        # A vendor's client needs memory that a web process, or a worker, would never give back.
        return ask_aside(self.settings, who, "sources", "test", name, "-", "--json")

    @cached_property
    def try_source(self) -> TrySource:
        """One customer looked up in one source."""
        return TrySource(self.store, self.addresses, self.clock)

    @cached_property
    def surveys(self) -> AnswerSurvey:
        """The page behind a survey link."""
        return AnswerSurvey(self.store, self.links, self.jobs, self.clock)

    @cached_property
    def sign_in(self) -> SignInPeople:
        """Who somebody is."""
        return SignInPeople(self.store, self.clock)

    @cached_property
    def import_customers(self) -> ImportCustomers:
        """Customers from files."""
        return ImportCustomers(self.store, self.clock)

    @cached_property
    def import_tickets(self) -> ImportTickets:
        """Past tickets from files with one row for each."""
        return ImportTickets(self.store, self.clock)

    @cached_property
    def import_events(self) -> ImportEvents:
        """Past tickets from logs with one row for each update of one."""
        return ImportEvents(self.store, self.clock, together)

    @cached_property
    def remeasure(self) -> Remeasure:
        """Tickets measured again, by the hours of the live playbook."""
        return Remeasure(self.store, self.clock)

    @cached_property
    def import_purchases(self) -> ImportPurchases:
        """Purchases from files."""
        return ImportPurchases(self.store, self.clock)
