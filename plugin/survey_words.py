"""What a survey's page and mail say around the question, in the languages they can say it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from routing.surveys.survey import Kind


@dataclass(frozen=True, slots=True)
class Words:
    """A survey in one language. ``{...}`` stand for what belongs there.

    ``ends`` are the two ends of each scale, the worse one first.
    """

    language: str
    about: str
    about_by: str
    rating: str
    of_most: str
    ends: Mapping[Kind, tuple[str, str]]
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
    privacy: str
    leave: str
    leave_ask: str
    leave_says: str
    leave_do: str
    left: str
    left_says: str
    again_do: str
    mail_hint: str
    mail_open: str
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
    rating="Your rating, from {least} to {most}",
    of_most="of {most}",
    ends={
        Kind.CSAT: ("very bad", "very good"),
        Kind.NPS: ("not at all likely", "very likely"),
        Kind.CES: ("very hard", "very easy"),
    },
    comment="What should we know?",
    optional="Optional",
    send="Send my rating",
    nothing_yet="Nothing is saved until you press the button.",
    change="You can change your answer until {day}.",
    given="You gave {score} of {most}. Sending again replaces it.",
    choose="Nothing was saved. Choose a number from {least} to {most}, then send.",
    too_long="Nothing was saved. What you wrote is longer than {most} characters; shorten it.",
    thanks="Thank you.",
    thanks_name="Thank you, {name}.",
    kept="Your rating is {score} of {most}.",
    change_link="Change my answer",
    privacy="Privacy",
    leave="Don’t ask me again",
    leave_ask="Shall we stop asking you?",
    leave_says="We will not ask you about our help any more. Your tickets are answered as before.",
    leave_do="Stop asking me",
    left="We will not ask you again.",
    left_says="If that was a mistake, take it back here.",
    again_do="Ask me again",
    mail_hint="A number opens a page. Nothing is saved until you press the button there.",
    mail_open="Open the survey",
    months=(
        "January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December",
    ),
)  # fmt: skip

_GERMAN = Words(
    language="de",
    about="Zu „{subject}“, gelöst am {day}.",
    about_by="Zu „{subject}“, gelöst von {agent} am {day}.",
    rating="Ihre Bewertung, von {least} bis {most}",
    of_most="von {most}",
    ends={
        Kind.CSAT: ("sehr schlecht", "sehr gut"),
        Kind.NPS: ("sehr unwahrscheinlich", "sehr wahrscheinlich"),
        Kind.CES: ("sehr schwer", "sehr leicht"),
    },
    comment="Was sollten wir wissen?",
    optional="Freiwillig",
    send="Bewertung senden",
    nothing_yet="Es wird nichts gespeichert, bevor Sie den Knopf drücken.",
    change="Sie können Ihre Antwort bis zum {day} ändern.",
    given="Sie haben {score} von {most} gegeben. Erneutes Senden ersetzt das.",
    choose="Es wurde nichts gespeichert. Wählen Sie eine Zahl von {least} bis {most}, dann senden.",
    too_long=(
        "Es wurde nichts gespeichert. Ihr Text ist länger als {most} Zeichen; kürzen Sie ihn."
    ),
    thanks="Vielen Dank.",
    thanks_name="Vielen Dank, {name}.",
    kept="Ihre Bewertung ist {score} von {most}.",
    change_link="Antwort ändern",
    privacy="Datenschutz",
    leave="Nicht mehr fragen",
    leave_ask="Sollen wir Sie nicht mehr fragen?",
    leave_says=(
        "Wir fragen Sie dann nicht mehr nach unserer Hilfe. Ihre Anfragen beantworten wir wie "
        "bisher."
    ),
    leave_do="Nicht mehr fragen",
    left="Wir fragen Sie nicht mehr.",
    left_says="War das ein Versehen, nehmen Sie es hier zurück.",
    again_do="Wieder fragen",
    mail_hint=(
        "Eine Zahl öffnet eine Seite. Es wird nichts gespeichert, bevor Sie dort den Knopf drücken."
    ),
    mail_open="Umfrage öffnen",
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
    rating="Votre note, de {least} à {most}",
    of_most="sur {most}",
    ends={
        Kind.CSAT: ("très mauvais", "très bon"),
        Kind.NPS: ("pas du tout probable", "très probable"),
        Kind.CES: ("très difficile", "très facile"),
    },
    comment="Que devrions-nous savoir ?",
    optional="Facultatif",
    send="Envoyer ma note",
    nothing_yet="Rien n’est enregistré avant que vous n’appuyiez sur le bouton.",
    change="Vous pouvez changer votre réponse jusqu’au {day}.",
    given="Vous avez donné {score} sur {most}. Un nouvel envoi la remplace.",
    choose="Rien n’a été enregistré. Choisissez un nombre de {least} à {most}, puis envoyez.",
    too_long=(
        "Rien n’a été enregistré. Votre texte dépasse {most} caractères ; raccourcissez-le."
    ),
    thanks="Merci.",
    thanks_name="Merci, {name}.",
    kept="Votre note est de {score} sur {most}.",
    change_link="Changer ma réponse",
    privacy="Confidentialité",
    leave="Ne plus me demander",
    leave_ask="Ne plus vous demander votre avis ?",
    leave_says=(
        "Nous ne vous demanderons plus votre avis sur notre aide. Nous répondrons à vos demandes "
        "comme avant."
    ),
    leave_do="Ne plus me demander",
    left="Nous ne vous demanderons plus votre avis.",
    left_says="Si c’était une erreur, revenez dessus ici.",
    again_do="Me demander à nouveau",
    mail_hint=(
        "Un nombre ouvre une page. Rien n’est enregistré avant que vous n’y appuyiez sur le bouton."
    ),
    mail_open="Ouvrir l’enquête",
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet",
        "août", "septembre", "octobre", "novembre", "décembre",
    ),
)  # fmt: skip

_SPANISH = Words(
    language="es",
    about="Sobre «{subject}», resuelto el {day}.",
    about_by="Sobre «{subject}», resuelto por {agent} el {day}.",
    rating="Su valoración, de {least} a {most}",
    of_most="de {most}",
    ends={
        Kind.CSAT: ("muy mal", "muy bien"),
        Kind.NPS: ("nada probable", "muy probable"),
        Kind.CES: ("muy difícil", "muy fácil"),
    },
    comment="¿Qué deberíamos saber?",
    optional="Opcional",
    send="Enviar mi valoración",
    nothing_yet="No se guarda nada hasta que pulse el botón.",
    change="Puede cambiar su respuesta hasta el {day}.",
    given="Usted dio {score} de {most}. Si la envía otra vez, se sustituye.",
    choose="No se ha guardado nada. Elija un número del {least} al {most} y envíelo.",
    too_long=(
        "No se ha guardado nada. Su texto pasa de {most} caracteres; acórtelo."
    ),
    thanks="Gracias.",
    thanks_name="Gracias, {name}.",
    kept="Su valoración es {score} de {most}.",
    change_link="Cambiar mi respuesta",
    privacy="Privacidad",
    leave="No volver a preguntarme",
    leave_ask="¿Dejamos de preguntarle?",
    leave_says=(
        "No volveremos a preguntarle por nuestra ayuda. Sus consultas se responderán como hasta "
        "ahora."
    ),
    leave_do="No preguntarme más",
    left="No volveremos a preguntarle.",
    left_says="Si ha sido un error, deshágalo aquí.",
    again_do="Preguntarme otra vez",
    mail_hint=(
        "Un número abre una página. No se guarda nada hasta que pulse allí el botón."
    ),
    mail_open="Abrir la encuesta",
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio",
        "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
    date="{day} de {month}",
)  # fmt: skip

_ALL = {words.language: words for words in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH)}
