"""What the survey page says around the question, in the languages it can say it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Words:
    """The survey page in one language. ``{...}`` stand for what belongs there."""

    language: str
    about: str
    about_by: str
    rating: str
    of_five: str
    worst: str
    best: str
    comment: str
    optional: str
    send: str
    nothing_yet: str
    change: str
    given: str
    choose: str
    too_long: str
    thanks: str
    thanks_name: str
    kept: str
    change_link: str
    months: tuple[str, ...]
    date: str = "{day} {month}"

    def day(self, at: datetime) -> str:
        """The day and month of a moment, in UTC: ``20 November``."""
        at = at.astimezone(UTC)
        return self.date.format(day=at.day, month=self.months[at.month - 1])


def words_in(language: str) -> Words:
    """The words of this ISO 639-1 language, or English where we have none."""
    return _ALL.get(language, _ENGLISH)


_ENGLISH = Words(
    language="en",
    about="About “{subject}”, solved on {day}.",
    about_by="About “{subject}”, solved by {agent} on {day}.",
    rating="Your rating, from 1 to 5",
    of_five="of 5",
    worst="very bad",
    best="very good",
    comment="What should we know?",
    optional="Optional",
    send="Send my rating",
    nothing_yet="Nothing is saved until you press the button.",
    change="You can change your answer until {day}.",
    given="You gave {score} of 5. Sending again replaces it.",
    choose="Nothing was saved. Choose a number from 1 to 5, then send.",
    too_long="Nothing was saved. The comment is longer than {most} characters; shorten it.",
    thanks="Thank you.",
    thanks_name="Thank you, {name}.",
    kept="Your rating is {score} of 5.",
    change_link="Change my answer",
    months=(
        "January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December",
    ),
)  # fmt: skip

_GERMAN = Words(
    language="de",
    about="Zu „{subject}“, gelöst am {day}.",
    about_by="Zu „{subject}“, gelöst von {agent} am {day}.",
    rating="Ihre Bewertung, von 1 bis 5",
    of_five="von 5",
    worst="sehr schlecht",
    best="sehr gut",
    comment="Was sollten wir wissen?",
    optional="Freiwillig",
    send="Bewertung senden",
    nothing_yet="Es wird nichts gespeichert, bevor Sie den Knopf drücken.",
    change="Sie können Ihre Antwort bis zum {day} ändern.",
    given="Sie haben {score} von 5 gegeben. Erneutes Senden ersetzt das.",
    choose="Es wurde nichts gespeichert. Wählen Sie eine Zahl von 1 bis 5 und senden Sie dann.",
    too_long=(
        "Es wurde nichts gespeichert. Der Kommentar ist länger als {most} Zeichen; "
        "kürzen Sie ihn."
    ),
    thanks="Vielen Dank.",
    thanks_name="Vielen Dank, {name}.",
    kept="Ihre Bewertung ist {score} von 5.",
    change_link="Antwort ändern",
    months=(
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli",
        "August", "September", "Oktober", "November", "Dezember",
    ),
    date="{day}. {month}",
)  # fmt: skip

_FRENCH = Words(
    language="fr",
    about="À propos de « {subject} », résolu le {day}.",
    about_by="À propos de « {subject} », résolu par {agent} le {day}.",
    rating="Votre note, de 1 à 5",
    of_five="sur 5",
    worst="très mauvais",
    best="très bon",
    comment="Que devrions-nous savoir ?",
    optional="Facultatif",
    send="Envoyer ma note",
    nothing_yet="Rien n’est enregistré avant que vous n’appuyiez sur le bouton.",
    change="Vous pouvez changer votre réponse jusqu’au {day}.",
    given="Vous avez donné {score} sur 5. Un nouvel envoi la remplace.",
    choose="Rien n’a été enregistré. Choisissez un nombre de 1 à 5, puis envoyez.",
    too_long=(
        "Rien n’a été enregistré. Le commentaire dépasse {most} caractères ; raccourcissez-le."
    ),
    thanks="Merci.",
    thanks_name="Merci, {name}.",
    kept="Votre note est de {score} sur 5.",
    change_link="Changer ma réponse",
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet",
        "août", "septembre", "octobre", "novembre", "décembre",
    ),
)  # fmt: skip

_SPANISH = Words(
    language="es",
    about="Sobre «{subject}», resuelto el {day}.",
    about_by="Sobre «{subject}», resuelto por {agent} el {day}.",
    rating="Su valoración, de 1 a 5",
    of_five="de 5",
    worst="muy mal",
    best="muy bien",
    comment="¿Qué deberíamos saber?",
    optional="Opcional",
    send="Enviar mi valoración",
    nothing_yet="No se guarda nada hasta que pulse el botón.",
    change="Puede cambiar su respuesta hasta el {day}.",
    given="Usted dio {score} de 5. Si la envía otra vez, se sustituye.",
    choose="No se ha guardado nada. Elija un número del 1 al 5 y envíelo.",
    too_long=(
        "No se ha guardado nada. El comentario pasa de {most} caracteres; acórtelo."
    ),
    thanks="Gracias.",
    thanks_name="Gracias, {name}.",
    kept="Su valoración es {score} de 5.",
    change_link="Cambiar mi respuesta",
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio",
        "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
    date="{day} de {month}",
)  # fmt: skip

_ALL = {words.language: words for words in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH)}
