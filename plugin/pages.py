"""What the pages need from the flows, as protocols, and the ways a flow can say no to a person.

``plugin.views`` has the values that cross here. A flow raises ``plugin.ports.Unavailable`` where
trying again can help and ``plugin.ports.Refused`` where the other side said no; the pages say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from plugin.charts.values import Chart
from plugin.issue_views import IssuesAsked, IssuesView, TopicView
from plugin.result_views import (
    Asked,
    Comparison,
    GoalsView,
    Having,
    ResultsView,
    ResultTickets,
)
from plugin.spreadsheet import Table
from plugin.value_views import ToldValue, ValueView
from plugin.views import (
    AlertLetter,
    AuditView,
    BackTestDraft,
    BackTestForm,
    BackTestView,
    CaseDraft,
    CaseEditor,
    ComparedTicket,
    DecisionLine,
    DecisionView,
    DeliveriesView,
    DigestLetter,
    DraftLine,
    DraftView,
    ExportForm,
    FoundGroups,
    Frame,
    GroupSearch,
    HeldView,
    Keeps,
    MailKind,
    MyMails,
    NewReceiver,
    NewToken,
    OverlapsView,
    PanelView,
    Person,
    PlaybookView,
    Program,
    QualityView,
    ReceiverLine,
    ReceiverView,
    Rendered,
    RuleDraft,
    RuleEditor,
    RuleOrder,
    RuleReview,
    RulesDraft,
    RunAgain,
    SegmentDraft,
    SegmentEditor,
    SegmentsView,
    SegmentView,
    SourceForm,
    SourceKind,
    SourceLine,
    Subscription,
    SurveysView,
    SurveyView,
    Tally,
    TicketToTry,
    TokenLine,
    ToldDecisions,
    ToldSegments,
    ToPublish,
    TriedSource,
    UnsubscribeView,
    Uploaded,
)
from routing.lint.findings import Finding
from routing.outcomes.question import Answer, Label, Question
from routing.playbook import Playbook
from routing.prove import Proof
from routing.segments.history import Changed
from routing.topics.report import Among


class NotThere(Exception):
    """The thing a person asked for does not exist; ``what`` is a sentence that says so."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Conflict(Exception):
    """Somebody else published while this person was writing: ``by`` published ``version``."""

    def __init__(self, version: int, by: str) -> None:
        super().__init__(f"{by} published playbook {version} while you were writing.")
        self.version = version
        self.by = by


class RedCases(Exception):
    """A playbook that is not published, since cases that are kept with it come out another way.

    ``reds`` are those of ``cases``. ``text``, ``note`` and ``based_on`` are what was to be
    published, so that it can be kept.
    """

    def __init__(
        self, reds: Sequence[Proof], cases: int, text: str, note: str, based_on: int
    ) -> None:
        count = f"{len(reds)} of {cases} cases {'is' if len(reds) == 1 else 'are'} red"
        told = "".join(f"\n{one}" for one in reds)
        super().__init__(f"Not published: {count}.{told}")
        self.reds = tuple(reds)
        self.cases = cases
        self.text = text
        self.note = note
        self.based_on = based_on


class AskedForApproval(Exception):
    """Nothing is published yet: it was kept as ``draft``, and somebody else has to approve it."""

    def __init__(self, draft: int) -> None:
        super().__init__(
            f"Not published yet: it is kept as draft {draft}, and another lead or admin has to "
            "approve it."
        )
        self.draft = draft


class SignInRefused(Exception):
    """Nobody is signed in; ``message`` is for the person who tried and gives nothing away."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SurveyGone(Exception):
    """A survey link that leads nowhere; ``reason`` is a sentence for the customer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadFile(Exception):
    """A file that cannot be read at all; says why and how to mend it."""


class BadSource(Exception):
    """A customer source that cannot be saved: the form as it was filled in, with what is wrong."""

    def __init__(self, form: SourceForm) -> None:
        super().__init__(" ".join(form.problems.values()))
        self.form = form


class Frames(Protocol):
    """What stands around every signed-in page."""

    def frame(self, person: Person) -> Frame:
        """The frame for this person, as of now."""
        ...


class SignIn(Protocol):
    """Who somebody is, and for how long we remember it."""

    def check(self, email: str, password: str, address: str) -> Person:
        """The person with this e-mail and password; raises SignInRefused.

        ``address`` is the caller's network address, by which tries are counted.
        """
        ...

    def start(self, person: Person) -> str:
        """Remember that this person has signed in; the token goes into their cookie."""
        ...

    def person(self, session_token: str) -> Person | None:
        """Whoever started with this token; None if it is unknown, ended or too old."""
        ...

    def end(self, session_token: str) -> None:
        """Forget the token. An unknown one is no error."""
        ...


class Panel(Protocol):
    """The agent's panel in a ticket."""

    def view(self, connection: str, ticket: str) -> PanelView | None:
        """The newest decision on this ticket with all an agent needs; None if there is none."""
        ...

    def move(self, decision_id: int, queue: str, note: str, person: Person) -> None:
        """Move the ticket to another queue of the playbook and keep the note beside the rule.

        Raises NotThere, Refused or Unavailable.
        """
        ...

    def inserted(self, decision_id: int, reply: str, position: int, person: Person) -> None:
        """Record that a suggested reply was taken; ``position`` counts from 1. Raises NotThere."""
        ...


class Decisions(Protocol):
    """Decisions and their reasons."""

    def recent(self, limit: int, before: int | None) -> tuple[DecisionLine, ...]:
        """The newest decisions, newest first; with ``before`` only those with a smaller id."""
        ...

    def view(self, decision_id: int) -> DecisionView | None:
        """One decision, whole; None if there is none."""
        ...

    def again(self, decision_id: int) -> RunAgain:
        """Its facts under the live playbook; nothing is kept. Raises NotThere or Refused."""
        ...


class PlaybookPages(Protocol):
    """The lead's pages."""

    def view(self, version: int | None) -> PlaybookView | None:
        """One version, or with None the live one; None where there is no such version."""
        ...

    def text(self, version: int) -> str:
        """The version as one YAML text, as it was published. Raises NotThere."""
        ...

    def changed(self, version: int) -> tuple[str, ...] | None:
        """What a version changed, in words; None where that can't be told any more."""
        ...

    def check(self, text: str) -> Playbook:
        """Read a YAML text without publishing it; raises routing.errors.Invalid."""
        ...

    def proofs(self, playbook: Playbook) -> tuple[Proof, ...]:
        """Each of its cases, decided now."""
        ...

    def publish(self, text: str, note: str, based_on: int, person: Person) -> int:
        """Publish a YAML text; the answer is its version.

        ``based_on`` is the version that was live when the person began, 0 for none. Raises
        routing.errors.Invalid with every problem, RedCases while a case is red, Conflict if
        another version is live now, and AskedForApproval where somebody else has to approve it.
        """
        ...

    def publish_draft(self, change: ToPublish, person: Person) -> int:
        """The same for a change that comes from a draft."""
        ...

    def roll_back(self, version: int, person: Person) -> int:
        """Publish an old version again; the answer is its new version.

        Raises NotThere, routing.errors.Invalid, RedCases and AskedForApproval.
        """
        ...


class DraftPages(Protocol):
    """Playbooks that are not published yet, and who has to approve them."""

    def every(self, person: Person) -> tuple[DraftLine, ...]:
        """All drafts, newest first."""
        ...

    def view(self, draft: int, person: Person) -> DraftView:
        """One of them, and what this person may do with it. Raises NotThere."""
        ...

    def keep(self, change: ToPublish, person: Person) -> int:
        """Keep a text as this person's draft; the answer is its id.

        The draft it names is written over if it is theirs, else theirs is a new one.
        """
        ...

    def discard(self, draft: int, person: Person) -> None:
        """Throw it away. Raises NotThere, or Refused for somebody else's."""
        ...

    def ask(self, draft: int, seal: str, person: Person) -> None:
        """Ask the others to approve it.

        Raises as ``approve`` does, and Refused for somebody else's.
        """
        ...

    def approve(self, draft: int, seal: str, person: Person) -> int:
        """Approve somebody else's draft, which publishes it; the answer is its version.

        ``seal`` is the one of the view that this person saw. Raises NotThere, Refused for one's own
        draft, one that nobody asked for, or one that was changed since; and as publishing does
        routing.errors.Invalid, RedCases, or Conflict if live has moved on.
        """
        ...

    def publish(self, draft: int, seal: str, person: Person) -> int:
        """Publish a draft where nobody has to approve it. Raises the same."""
        ...

    def send_back(self, draft: int, reason: str, person: Person) -> None:
        """Say no to somebody else's draft. Raises NotThere, and Refused without a reason."""
        ...

    def demanded(self) -> bool:
        """Whether publishing needs the approval of a second person."""
        ...

    def demand(self, person: Person, *, demanded: bool) -> None:
        """Switch that on or off. Raises Refused where there is no second person who could."""
        ...


class RuleChecks(Protocol):
    """What is wrong with a playbook's rules."""

    def findings(self, playbook: Playbook) -> tuple[Finding, ...] | None:
        """Everything found, with witnesses; None where its rules are too long for a page."""
        ...


class RuleTrials(Protocol):
    """How shadows and canaries do."""

    def told(self) -> dict[str, tuple[str, ...]]:
        """How each one of the live playbook does, in sentences, by its name."""
        ...


class RuleEditing(Protocol):
    """A rule's form, and the order of all rules: begin, look, review, publish."""

    def begin(self, name: str | None, like: str | None) -> RuleDraft:
        """A draft of a rule that is there, of another one like it, or of nothing.

        Raises NotThere.
        """
        ...

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        """The condition that a form's pairs say, after one of the builder's buttons."""
        ...

    def look(self, draft: RuleDraft, trying: TicketToTry, *, strict: bool = False) -> RuleEditor:
        """The draft over past tickets and on the one to try, and what is wrong with it.

        A condition that was only just added, and is still empty, is wrong where ``strict`` is set.
        """
        ...

    def arrange(self, change: RuleOrder, action: str = "") -> RulesDraft:
        """The rules in this order after one button, based on what is live. Raises NotThere."""
        ...

    def without(self, name: str) -> RuleOrder:
        """The live rules without this one. Raises NotThere."""
        ...

    def review(self, change: RuleDraft | RuleOrder) -> RuleReview:
        """What publishing the change over the live playbook would do. Raises NotThere."""
        ...

    def publish(self, change: RuleDraft | RuleOrder, person: Person) -> int:
        """Publish the playbook with this change; the answer is the new version.

        Raises routing.errors.Invalid, NotThere, or Conflict if another version is live now.
        """
        ...


class RuleQualities(Protocol):
    """How well each rule routes."""

    def view(self, days: int | None) -> QualityView | None:
        """The rules over the last 30 or 90 days, or over all; None while no playbook is live."""
        ...

    def count(self) -> None:
        """Begin to measure anew."""
        ...


class IssuePages(Protocol):
    """Topics that recur, and that grow."""

    def view(self, asked: IssuesAsked) -> IssuesView:
        """The topics, as they were found last."""
        ...

    def topic(self, topic: int, among: Among, before: int | None) -> TopicView:
        """One topic with its tickets among those, newest first. Raises NotThere."""
        ...

    def look(self) -> None:
        """Begin to look for topics anew."""
        ...


class CaseEditing(Protocol):
    """A case's form: begin, look, publish, remove."""

    def begin(self, name: str | None, decision: int | None) -> CaseDraft:
        """A draft of a case that is there, of a ticket that was decided, or of nothing.

        Raises NotThere.
        """
        ...

    def look(self, draft: CaseDraft, *, strict: bool = False) -> CaseEditor:
        """The draft with what comes out of it, and, where ``strict`` is set, what is wrong."""
        ...

    def publish(self, draft: CaseDraft, person: Person) -> int:
        """Publish the playbook with this case; the answer is the new version.

        Raises routing.errors.Invalid, RedCases, NotThere, or Conflict.
        """
        ...

    def remove(self, draft: CaseDraft, person: Person) -> int:
        """Publish the playbook without the case that the draft began with. Raises as above."""
        ...


class BackTests(Protocol):
    """Drafts of the playbook tried on past tickets."""

    def begin(self) -> BackTestForm | None:
        """What can be tried; None while no playbook is live."""
        ...

    def start(self, draft: BackTestDraft, person: Person) -> int:
        """Begin to try a draft beside the live playbook; the answer is the back-test's id.

        Raises routing.errors.Invalid with every problem of the draft, NotThere, or Refused while
        another one runs.
        """
        ...

    def view(self, back_test: int) -> BackTestView:
        """One of them, with its report once it is done. Raises NotThere."""
        ...

    def ticket(self, back_test: int, ticket: int) -> ComparedTicket:
        """One ticket decided by both playbooks, with the reasons. Raises NotThere."""
        ...


class SegmentPages(Protocol):
    """Segments, one by one and together."""

    def every(self) -> SegmentsView | None:
        """The list; None while no playbook is live."""
        ...

    def one(self, name: str, kpi: str = "") -> SegmentView:
        """One segment of the live playbook, with the KPI of this key over time; raises NotThere."""
        ...

    def overlaps(self) -> OverlapsView | None:
        """Which segments share customers; None while no playbook is live."""
        ...

    def add_note(self, name: str, text: str, person: Person) -> None:
        """Keep what somebody wrote about a segment. Raises NotThere."""
        ...

    def review(self, name: str, person: Person) -> None:
        """Somebody looked at the definition and found it right. Raises NotThere."""
        ...


class SegmentEditing(Protocol):
    """A segment's form: begin, look, change, publish."""

    def begin(self, name: str | None, template: str | None) -> SegmentDraft:
        """A draft of a segment that is there, of a template, or of nothing. Raises NotThere."""
        ...

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        """The condition that a form's pairs say, after one of the builder's buttons."""
        ...

    def look(self, draft: SegmentDraft, *, strict: bool = False) -> SegmentEditor:
        """The draft with who would be in it, and what is wrong with it.

        A condition that was only just added, and is still empty, is wrong where ``strict`` is set.
        """
        ...

    def publish(self, draft: SegmentDraft, person: Person) -> int:
        """Publish the playbook with this segment in it; the answer is the new version.

        Raises routing.errors.Invalid, NotThere, or Conflict if another version is live now.
        """
        ...

    def since(self, draft: SegmentDraft) -> tuple[Changed, ...]:
        """What others have changed of the segment since the version the draft is based on."""
        ...


class GroupFinding(Protocol):
    """Groups among the customers, found in their numbers."""

    def search(self) -> GroupSearch | None:
        """What can be looked in; None while no playbook is live."""
        ...

    def find(self, names: Sequence[str], count: int | None) -> FoundGroups:
        """The groups in these fields: so many, or as many as stand apart best. Raises NotThere."""
        ...


class Results(Protocol):
    """The numbers."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    def overview(self, asked: Asked) -> ResultsView:
        """The KPIs of a period, by whatever is asked."""
        ...

    def answer(self, question: Question) -> Answer:
        """The KPIs a program asks for. Raises Refused if it asks for agents and may not."""
        ...

    def tickets(self, asked: Asked, having: Having, before: int | None) -> ResultTickets:
        """The tickets behind a number, newest first."""
        ...


class Compares(Protocol):
    """A few groups beside each other."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    def compare(self, asked: Asked, chosen: Sequence[Label]) -> Comparison:
        """The chosen groups that have tickets, or the first few where none has."""
        ...


class Goals(Protocol):
    """The goals of segments."""

    def goals(self) -> GoalsView | None:
        """Where each stands; None while no playbook is live."""
        ...


class ValuePages(Protocol):
    """What segments are worth, and what they take."""

    def view(self, days: int) -> ValueView | None:
        """With the tickets of so many days up to now; None while no playbook is live."""
        ...

    def told(self, days: int) -> ToldValue:
        """The same for programs. Raises NotThere before customers were counted."""
        ...

    def count(self) -> None:
        """Begin to count anew, in a process of its own."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveriesWanted:
    """Which deliveries to show.

    ``state`` is done, waiting or parked, None for all. ``find`` is a part of a ticket's or a
    delivery's id. ``before`` is an id to page from: a view's ``older`` or ``newer``. ``open`` is
    the id of the one to show whole; with ``show_body`` nothing in it is hidden, and that this
    person looked is recorded.
    """

    state: str | None = None
    connection: str | None = None
    find: str = ""
    before: int | None = None
    open: int | None = None
    show_body: bool = False


class Deliveries(Protocol):
    """Everything the desks told us, and what became of it."""

    def view(self, wanted: DeliveriesWanted, person: Person) -> DeliveriesView:
        """The deliveries that are wanted, newest first."""
        ...

    def replay(self, delivery_id: int, person: Person) -> None:
        """Try a parked delivery again. Raises NotThere, or Refused if it is not parked."""
        ...

    def replay_all_parked(self, person: Person) -> int:
        """Try all parked deliveries again; the answer is how many there were."""
        ...


class Sources(Protocol):
    """Where customer facts come from."""

    def view(self) -> tuple[SourceLine, ...]:
        """Every source, the most trusted first, and at the end what the desks know themselves."""
        ...

    def kinds(self) -> tuple[SourceKind, ...]:
        """Every kind of source that can be added with a form."""
        ...

    def form(self, name: str | None, kind: str) -> SourceForm:
        """The form of a source, or with None of a new one. Raises NotThere, or Refused for ours."""
        ...

    def save(self, name: str, kind: str, values: Mapping[str, str], by: str, *, new: bool) -> None:
        """Add or change a source; a secret that is left empty stays as it is.

        Raises BadSource with all that is wrong, NotThere, and Refused for what is worked out here.
        """
        ...

    def remove(self, name: str, by: str) -> None:
        """Remove a source with all that is known from it. Raises NotThere, or Refused for ours."""
        ...

    def try_out(self, name: str, who: str) -> TriedSource:
        """Look one customer up, by e-mail or the source's own id. Raises NotThere."""
        ...

    def upload(self, source: str, path: Path, *, dry: bool) -> Uploaded:
        """Take a file's customers over as this source; with ``dry`` only read them.

        Raises BadFile, or Refused if the name belongs to a source of another kind.
        """
        ...


class Exports(Protocol):
    """Tables that people take along."""

    def form(self) -> ExportForm:
        """What the page asks, with a proposal."""
        ...

    def table(self, since: datetime, until: datetime, person: Person) -> Table:
        """The tickets opened in [since, until). Raises Refused where the period is none."""
        ...

    def allow_agents(self, by: str, *, allowed: bool) -> None:
        """Say whether reports may name agents."""
        ...


class BadSubscription(Exception):
    """Mails that cannot be sent as they were wanted; says why."""


class StopGone(Exception):
    """A link that ended a subscription, which is ended already or was none of ours."""


class MailPages(Protocol):
    """Which mails people get."""

    def view(self, person: Person) -> MyMails:
        """What a person gets, and could."""
        ...

    def save(self, wanted: Subscription, person: Person) -> None:
        """Send them this from now on. Raises BadSubscription."""
        ...

    def stop(self, kind: MailKind, person: Person) -> None:
        """Send them no more of these."""
        ...

    def of_link(self, token: str) -> Subscription:
        """What a signed link would end. Raises StopGone."""
        ...

    def stop_by_link(self, token: str) -> Subscription:
        """End it; the answer is what was ended. Raises StopGone."""
        ...


class Letters(Protocol):
    """Mails as people read them."""

    def digest(self, letter: DigestLetter) -> Rendered:
        """A week in numbers."""
        ...

    def alert(self, letter: AlertLetter) -> Rendered:
        """A goal that is missed, or no longer."""
        ...


class BadReceiver(Exception):
    """A receiver that cannot be kept; says why, and what was entered."""

    def __init__(self, wanted: NewReceiver, why: str) -> None:
        super().__init__(why)
        self.wanted = wanted


class ReceiverPages(Protocol):
    """Where other tools are told what happens."""

    def every(self) -> tuple[ReceiverLine, ...]:
        """All of them, by name."""
        ...

    def segments(self) -> tuple[str, ...]:
        """The segments whose members can be told."""
        ...

    def view(self, name: str, before: int | None) -> ReceiverView:
        """One with what it was told, newest first. Raises NotThere, as all that follow."""
        ...

    def add(self, wanted: NewReceiver, by: str) -> str:
        """Keep a new one; returns its secret, which is told this once. Raises BadReceiver."""
        ...

    def change(self, wanted: NewReceiver, by: str) -> None:
        """Change where it is and what it wants. Raises BadReceiver."""
        ...

    def test(self, name: str, by: str) -> str:
        """Send a message of the type ``test`` now; why it was not taken, or empty."""
        ...

    def renew_secret(self, name: str, by: str) -> str:
        """A new secret, told this once; the one before counts for another day."""
        ...

    def switch(self, name: str, by: str, *, on: bool) -> None:
        """Tell it everything that happens from now on, or nothing."""
        ...

    def replay(self, name: str, by: str, message: int | None = None) -> int:
        """Try what it has missed again, all or one of it; returns how many."""
        ...

    def start_over(self, name: str, by: str) -> None:
        """Tell it all members of its segments anew, after the next count."""
        ...

    def remove(self, name: str, by: str) -> None:
        """Remove it with all that it was still to be told."""
        ...


class BadToken(Exception):
    """A program that has not proved itself: its token is missing, unknown, revoked or expired."""


class TooOften(Exception):
    """A program that asks too often; it may come again after so many seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after


class BadWish(Exception):
    """A token that cannot be made as it was wanted; says why."""

    def __init__(self, wanted: NewToken, why: str) -> None:
        super().__init__(why)
        self.wanted = wanted


class Programs(Protocol):
    """Who asks over the API."""

    def admit(self, token: str) -> Program:
        """The program with this token. Raises BadToken and TooOften."""
        ...


class TokenPages(Protocol):
    """The tokens of programs."""

    def every(self) -> tuple[TokenLine, ...]:
        """All of them, by name."""
        ...

    def add(self, wanted: NewToken, by: str) -> str:
        """Make one; it is told this once. Raises BadWish."""
        ...

    def revoke(self, name: str, by: str) -> None:
        """Let nobody in by it any more. Raises NotThere."""
        ...


class ToPrograms(Protocol):
    """What programs are told of the playbook, of decisions and deliveries."""

    def segments(self) -> ToldSegments:
        """The segments of the live playbook. Raises NotThere before there is one."""
        ...

    def decisions(self, ticket: str, desk: str | None) -> ToldDecisions:
        """The decisions on the tickets with this desk id, the newest first."""
        ...

    def tally(self) -> Tally:
        """What became of everything that desks sent."""
        ...


class CustomerPages(Protocol):
    """What is held about a customer. Each raises Refused if the address is none."""

    def keeps(self) -> Keeps:
        """For how long things are kept."""
        ...

    def held(self, email: str, person: Person) -> HeldView:
        """What is held about the customer with this address."""
        ...

    def export(self, email: str, person: Person, *, as_csv: bool = False) -> str:
        """All of it, as a JSON or CSV text."""
        ...

    def forget(self, email: str, person: Person) -> HeldView:
        """Forget the customer everywhere; the answer is what was held."""
        ...


class AuditPages(Protocol):
    """Who did what."""

    def view(self, find: str, before: int | None) -> AuditView:
        """Lines with this text in them, newest first, and the state of the whole chain."""
        ...

    def export(self, person: Person, *, csv: bool) -> Iterator[str]:
        """All lines, oldest first, as CSV or JSON lines, in parts; that it was done is noted."""
        ...


class Surveys(Protocol):
    """The page behind a survey link. What reads never writes; each raises SurveyGone."""

    def view(self, token: str) -> SurveyView:
        """What the customer sees."""
        ...

    def answer(self, token: str, score: int, comment: str, second: str = "") -> SurveyView:
        """Keep a rating on the survey's scale, or replace the one given before."""
        ...

    def leaving(self, token: str) -> UnsubscribeView:
        """Where a customer can say that they do not want to be asked."""
        ...

    def leave(self, token: str, *, gone: bool) -> UnsubscribeView:
        """Ask them no more, or (``gone`` False) let them be asked again."""
        ...


class SurveyPages(Protocol):
    """What came of surveys."""

    def results(self, days: int, before: int | None) -> SurveysView:
        """Surveys about tickets solved in so many days, and the comments before this id."""
        ...


class Drawings(Protocol):
    """Charts as pictures and specs. Every method raises Unavailable where none can be made."""

    @property
    def edition(self) -> str:
        """A word that changes whenever the script does."""
        ...

    def on_page(self, chart: Chart, width: int) -> bytes:
        """SVG for a page, in its colours, so many pixels wide."""
        ...

    def alone(self, chart: Chart, width: int) -> bytes:
        """SVG that says by itself what it shows."""
        ...

    def png(self, chart: Chart, width: int) -> bytes:
        """PNG that says by itself what it shows."""
        ...

    def spec(self, chart: Chart, width: int) -> bytes:
        """The Vega-Lite spec, as JSON."""
        ...

    def runtime(self) -> bytes:
        """The script that draws a spec, packed with gzip."""
        ...
