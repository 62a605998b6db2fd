"""After a ticket is solved: ask its customer, once per solving, when it is time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.ports import (
    Busy,
    Clock,
    Customers,
    Desk,
    HandedSurvey,
    HandOff,
    Letters,
    Links,
    Mail,
    Refused,
    Requester,
    SurveyLetter,
)
from plugin.records.surveys import PlannedSurvey, StoredSurvey, survey_mail
from plugin.records.tickets import StoredTicket
from plugin.records.work import Store, Work
from routing.outcomes.outcome import Outcome
from routing.playbook import Playbook
from routing.surveys.choose import Customer, choose, why_not
from routing.surveys.survey import Channel, Survey

HOLD = timedelta(seconds=45)
"""How long one worker may take to send a survey before another may try.

Shorter than a delivery's lease, as for decisions.
"""

PHONE = "customer.phone"
"""The field with the number to which a survey is handed over, where a playbook declares it."""

_Begun = str | Busy | tuple[StoredSurvey, Survey]
"""What was done; or why it has to wait; or what is left to be brought to its customer."""

REOPENED = "opened again before it was asked"
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class AskSurvey:
    """Plans a survey at the solving, and sends it once it is due.

    What it is credited to is fixed when it is planned. Whether it may be asked is looked at again
    when it is sent.
    """

    store: Store
    links: Links
    letters: Letters
    customers: Customers
    clock: Clock
    hand_off: HandOff | None = None
    hold: timedelta = HOLD

    def __call__(self, desk: Desk, stored: StoredTicket, outcome: Outcome) -> str:
        """Ask about the last solving of a ticket that we routed; an asked one is not repeated.

        A ticket that is open again is not asked about before it is solved once more. Returns what
        was done, in words. Raises Busy while somebody else asks.
        """
        if stored.decision is None or not outcome.solvings:
            return ""
        with self.store.work() as work:
            begun = self._begin(work, stored, outcome)
            work.commit()
        match begun:
            case str(done):
                return done
            case Busy():
                raise begun
            case survey, how:
                self._bring_held(desk, survey, how)
                return "survey sent"

    def _begin(self, work: Work, stored: StoredTicket, outcome: Outcome) -> _Begun:
        """All that one transaction can do.

        What stops it is returned, not raised: to what the survey is credited is kept all the same.
        """
        now = self.clock.now()
        solving = outcome.solvings[-1] if outcome.solved_at is not None else None
        called_off = work.surveys.call_off(stored.id, solving, REOPENED)
        playbook = work.playbooks.live()
        if outcome.solved_at is None:
            return "survey called off" if called_off else ""
        if playbook is None or not playbook.surveys:
            return ""
        survey = self._planned(work, playbook, stored, outcome)
        if survey is None or survey.sent_at is not None or survey.why:
            return ""
        if survey.due_at is not None and survey.due_at > now:
            return "survey planned"
        return self._due(work, playbook, survey, now)

    def _planned(
        self, work: Work, playbook: Playbook, stored: StoredTicket, outcome: Outcome
    ) -> StoredSurvey | None:
        now = self.clock.now()
        assert outcome.solved_at is not None  # whoever calls has looked
        whom = _customer(work, stored, 0)
        choice = choose(playbook.surveys, stored.ticket.ref, stored.segment, whom, now)
        if choice.survey is None:
            return None
        solved_by = playbook.agent_of(stored.ticket.ref.connection, outcome.solved_by)
        planned = PlannedSurvey(
            name=choice.survey.name,
            kind=choice.survey.kind,
            channel=choice.survey.channel.value,
            solving=outcome.solvings[-1],
            solved_at=outcome.solved_at,
            due_at=outcome.solved_at + choice.survey.wait,
            agent=solved_by or stored.agent_name,
            why=choice.why_not,
        )
        return work.surveys.get(work.surveys.plan(stored, planned, now))

    def _due(self, work: Work, playbook: Playbook, survey: StoredSurvey, now: datetime) -> _Begun:
        how = playbook.survey(survey.name)
        if how is None or how.kind is not survey.kind:
            return self._not_asked(work, survey, "the playbook does not have it any more")
        email = survey.ticket.ticket.requester_email
        if email is not None:
            work.surveys.lock(email)
        is_limited = email is not None and how.at_most_once_in is not None
        # First this, then what was sent: who ends in between is seen by one of the two.
        if is_limited and work.surveys.is_asked(str(email), survey.id, now):
            return Busy("Another survey is being sent to this customer.")
        whom = _customer(work, survey.ticket, survey.id)
        if why := why_not(how, survey.ticket.ticket.ref, whom, now):
            return self._not_asked(work, survey, why)
        if how.channel is Channel.MAIL:
            assert email is not None  # without one it is not asked
            work.mails.put([self._mail(work, survey, how, email)], now)
            work.surveys.sent(survey.id, now)
            return "survey sent"
        if not work.surveys.hold(survey.id, now, now + self.hold):
            return Busy("Another delivery is sending the survey.")
        return survey, how

    def _not_asked(self, work: Work, survey: StoredSurvey, why: str) -> str:
        work.surveys.not_asked(survey.id, why)
        return f"no survey: {why}"

    def _bring_held(self, desk: Desk, survey: StoredSurvey, how: Survey) -> None:
        try:
            self._bring(desk, survey, how)
        except BaseException:
            with self.store.work() as work:
                work.surveys.let_go(survey.id)
                work.commit()
            raise
        with self.store.work() as work:
            work.surveys.sent(survey.id, self.clock.now())
            work.commit()

    def _bring(self, desk: Desk, survey: StoredSurvey, how: Survey) -> None:
        question, link = how.question(survey.language), self.links.survey(survey.id)
        if how.channel is Channel.REPLY:
            mark = f"{how.brand or 'Survey'} {survey.id}"
            desk.reply(survey.ticket.ticket.ref.id, f"{question}\n{link}", mark)
            return
        if self.hand_off is None:
            raise Refused("No hand-off address is set to which surveys could be given.")
        email = survey.ticket.ticket.requester_email
        language = survey.language or ENGLISH
        phone = None if email is None else self._phone(email)
        self.hand_off.give(HandedSurvey(survey.id, link, phone, email, language, question))

    def _phone(self, email: str) -> str | None:
        with self.store.look() as work:
            playbook = work.playbooks.live()
        if playbook is None or PHONE not in playbook.fields:
            return None
        gathered = next(iter(self.customers.gather([Requester(email)], playbook.fields)), None)
        fact = None if gathered is None else gathered.facts.get(PHONE)
        return None if fact is None else str(fact.value)

    def _mail(self, work: Work, survey: StoredSurvey, how: Survey, email: str) -> Mail:
        unsubscribe = self.links.unsubscribe(survey.id, work.unsubscribed.mark(email))
        name = survey.ticket.ticket.requester_name
        letter = SurveyLetter(
            brand=how.brand,
            question=how.question(survey.language),
            kind=how.kind,
            language=survey.language or ENGLISH,
            link=self.links.survey(survey.id),
            scores=tuple((score, self.links.survey(survey.id, score)) for score in how.kind.scale),
            unsubscribe=unsubscribe,
            address=how.address,
            privacy=how.privacy,
            first_name=name.split(" ")[0] if name else None,
            open_until=survey.solved_at + timedelta(days=how.valid_days),
        )
        subject, text, html = self.letters.survey(letter)
        headers = {
            # A mail program's own button, which does not open the page (RFC 8058).
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        return Mail(survey_mail(survey.id), email, subject, text, html, headers)


def _customer(work: Work, stored: StoredTicket, survey: int) -> Customer:
    email = stored.ticket.requester_email
    if email is None:
        return Customer(has_address=False)
    return Customer(
        has_address=True,
        unsubscribed=work.unsubscribed.since(email) is not None,
        last_asked=work.surveys.last_asked(email, survey),
    )
