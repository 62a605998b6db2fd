"""After a ticket is solved: ask its customer, once per solving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plugin.ports import Busy, Clock, Desk, Links
from plugin.records import Store, StoredTicket
from routing.outcomes.outcome import Outcome

HOLD = timedelta(seconds=45)
"""How long one worker may take to send a survey before another may try.

Shorter than a delivery's lease, as for decisions.
"""


@dataclass(frozen=True, slots=True)
class AskSurvey:
    """Sends the survey link as a public reply in the desk."""

    store: Store
    links: Links
    clock: Clock
    hold: timedelta = HOLD

    def __call__(self, desk: Desk, stored: StoredTicket, outcome: Outcome) -> str:
        """Ask about the last solving of a ticket that we routed; an asked one is not repeated.

        The rating is credited to the agent, queue, segment and rule as they stand now. Raises
        Busy while somebody else asks.
        """
        if stored.decision is None or outcome.solved_at is None:
            return ""
        now = self.clock.now()
        with self.store.work() as work:
            playbook = work.playbooks.live()
            if playbook is None or not playbook.survey.questions:
                return ""
            key = work.surveys.ask(stored, outcome.solvings[-1], outcome.solved_at, now)
            survey = work.surveys.get(key)
            held = work.surveys.hold(key, now, now + self.hold)
            work.commit()
        if survey is None or survey.sent_at is not None:
            return ""
        if not held:
            raise Busy("Another delivery is sending the survey.")
        question = playbook.survey.question(stored.language)
        text = f"{question}\n{self.links.survey(key)}"
        try:
            desk.reply(stored.ticket.ref.id, text, f"{playbook.survey.brand or 'Survey'} {key}")
        except BaseException:
            self._let_go(key)
            raise
        with self.store.work() as work:
            work.surveys.sent(key, self.clock.now())
            work.commit()
        return "survey sent"

    def _let_go(self, survey: int) -> None:
        with self.store.work() as work:
            work.surveys.let_go(survey)
            work.commit()
