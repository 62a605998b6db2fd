"""Surveys that another system brings to their customers, told to it by a signed webhook."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.ports import Clock, HandedSurvey, News, Refused
from plugin.records.work import Store, Work

EVENT = "survey.ask"
"""What a receiver has to want, to be given surveys."""


def can_hand_off(work: Work) -> bool:
    """Whether there is a receiver to which surveys can be given."""
    return any(one.enabled and EVENT in one.events for one in work.receivers.every())


@dataclass(frozen=True, slots=True)
class HandOffByWebhook:
    """Gives surveys to every receiver that wants them."""

    store: Store
    clock: Clock

    def give(self, handed: HandedSurvey) -> None:
        """Promise it to the receivers, once however often it is called. Raises Refused."""
        now = self.clock.now()
        with self.store.work() as work:
            if not can_hand_off(work):
                raise Refused("No receiver wants surveys (survey.ask), so nobody can bring it.")
            data = {
                "survey": handed.survey,
                "link": handed.link,
                "phone": handed.phone,
                "email": handed.email,
                "language": handed.language,
                "text": handed.text,
            }
            work.webhooks.announce(News(EVENT, f"survey {handed.survey}", now, data), now)
            work.commit()
