"""What rules say together."""

from __future__ import annotations

from collections.abc import Sequence

from routing.rules.rule import Then


def together(said: Sequence[Then]) -> Then:
    """What several rules decide, in their order: the first to set a thing keeps it.

    Tags, custom fields and people to tell add up. An escalation is said as the queue and the
    priority that it amounts to; notes and suggested replies are left to whoever lists them.
    """
    fields: dict[str, str] = {}
    for then in said:
        for name, value in then.fields:
            fields.setdefault(name, value)
    return Then(
        queue=next((then.leads_to for then in said if then.leads_to), None),
        agent=next((then.agent for then in said if then.agent), None),
        priority=next((then.urgency for then in said if then.urgency), None),
        tags=tuple(dict.fromkeys(tag for then in said for tag in then.tags)),
        first_reply=next((then.first_reply for then in said if then.first_reply), None),
        resolution=next((then.resolution for then in said if then.resolution), None),
        fields=tuple(fields.items()),
        answer=next((then.answer for then in said if then.answer), None),
        notify=tuple(dict.fromkeys(one for then in said for one in then.notify)),
        hand_back=next((then.hand_back for then in said if then.hand_back), None),
    )


def notes(said: Sequence[Then]) -> tuple[str, ...]:
    """The private notes of several rules, each once."""
    return tuple(dict.fromkeys(then.note for then in said if then.note))
