"""What the text of a reply may use of a ticket, and what an automatic one says besides."""

from __future__ import annotations

from routing.tickets import Facts


def reply_values(facts: Facts, agent: str | None) -> dict[str, str]:
    """Values by dotted name; what is unknown is left out. ``agent`` is who has the ticket."""
    values = {
        name: str(fact.value)
        for name, fact in facts.customer.items()
        if not isinstance(fact.value, frozenset)
    }
    values["ticket.subject"] = facts.ticket.subject
    if "customer.name" in values:
        values["customer.first_name"] = values["customer.name"].split(" ")[0]
    if agent is not None:
        values["agent.name"] = agent
    return values


_WAY_TO_A_PERSON = {
    "en": "This answer was sent automatically. Reply to it, and a person will read what you write.",
    "de": "Diese Antwort kam automatisch. Antworten Sie darauf, dann liest sie ein Mensch.",
    "fr": "Cette réponse est automatique. Répondez-y, et une personne vous lira.",
    "es": "Esta respuesta es automática. Responda a ella y la leerá una persona.",
    "it": "Questa risposta è automatica. Risponda e la leggerà una persona.",
    "nl": "Dit antwoord is automatisch verstuurd. Antwoord erop, dan leest iemand het.",
    "pt": "Esta resposta é automática. Responda-lhe e uma pessoa lerá o que escrever.",
}


def way_to_a_person(language: str) -> str:
    """The last line of an automatic reply: how to reach somebody."""
    return _WAY_TO_A_PERSON.get(language, _WAY_TO_A_PERSON["en"])
