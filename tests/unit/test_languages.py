"""Which language a text is in, and what it is called."""

from __future__ import annotations

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from routing.languages import BEGINNING, LEAST_LETTERS, NAMES, language_name, recognise

TEXTS = {
    "cs": "Dobrý den, od rána se nemohu přihlásit do svého účtu, můžete mi prosím pomoci?",
    "da": "Hej, jeg kan ikke logge ind på min konto siden i morges, kan I hjælpe mig?",
    "de": "Guten Tag, seit heute Morgen kann ich mich nicht mehr anmelden. Können Sie helfen?",
    "en": "Hello, since this morning I cannot sign in to my account. Could you help me?",
    "es": "Hola, desde esta mañana no puedo iniciar sesión en mi cuenta. ¿Pueden ayudarme?",
    "fi": "Hei, en ole aamun jälkeen päässyt kirjautumaan tililleni. Voitteko auttaa?",
    "fr": "Bonjour, depuis ce matin je ne peux plus me connecter à mon compte. Merci de m'aider.",
    "it": "Buongiorno, da stamattina non riesco più ad accedere al mio conto. Potete aiutarmi?",
    "ja": "こんにちは。今朝からアカウントにログインできません。助けていただけますか。",
    "nl": "Hallo, sinds vanochtend kan ik niet meer inloggen op mijn account. Kunt u mij helpen?",
    "no": "Hei, jeg får ikke logget inn på kontoen min siden i dag tidlig. Kan dere hjelpe meg?",
    "pl": "Dzień dobry, od rana nie mogę zalogować się na swoje konto. Czy możecie mi pomóc?",
    "pt": "Olá, desde esta manhã não consigo entrar na minha conta. Podem ajudar-me, por favor?",
    "sv": "Hej, sedan i morse kan jag inte logga in på mitt konto. Kan ni hjälpa mig?",
    "tr": "Merhaba, bu sabahtan beri hesabıma giriş yapamıyorum. Bana yardım eder misiniz?",
    "uk": "Добрий день, зранку не можу увійти до свого облікового запису. Допоможіть, будь ласка.",
    "zh": "您好，从今天早上开始我无法登录我的帐户，请问可以帮我解决一下吗？",
}


def test_the_model_knows_every_language_that_has_a_name() -> None:
    # Told to keep to a language it does not know, the model raises; a playbook may name them all.
    known = LanguageIdentifier.from_model_file(MODEL_FILE).nb_classes
    assert set(NAMES) <= set(known)


@pytest.mark.parametrize("code", sorted(NAMES))
def test_a_letter_to_support_is_recognised_among_its_language_and_english(code: str) -> None:
    among = ("en", code) if code != "en" else ("en", "de")
    assert recognise(TEXTS[code], among) == code


@pytest.mark.parametrize("code", ["de", "en", "es", "fr"])
def test_the_demo_s_four_languages_are_told_apart(code: str) -> None:
    assert recognise(TEXTS[code], ("en", "de", "fr", "es")) == code


@pytest.mark.parametrize(
    "text", ["", "help", "HELP!!!", "?", "12345 67890 12345 67890", "hallo du"]
)
def test_a_short_text_says_nothing_about_its_language(text: str) -> None:
    assert recognise(text, ("en", "de")) is None


def test_it_takes_letters_and_not_just_characters_to_tell() -> None:
    assert recognise("!" * 500, ("en", "de")) is None
    assert recognise("1 " * 500, ("en", "de")) is None
    assert recognise("." * (LEAST_LETTERS * 3) + "ja", ("en", "de")) is None


def test_a_language_outside_the_playbook_is_never_the_answer() -> None:
    assert recognise(TEXTS["fr"], ("en", "de")) in {"en", "de", None}


@pytest.mark.parametrize("among", [(), ("en",)])
def test_where_there_is_no_choice_nothing_is_guessed(among: tuple[str, ...]) -> None:
    assert recognise(TEXTS["de"], among) is None


def test_where_the_beginning_is_not_enough_more_is_read() -> None:
    products = "Router, Modem, Laptop, Server, Windows Update, Backup, Excel, Outlook, Teams, Zoom"
    beginning = f"Order 4711: {products}, Chrome, Firefox, Dropbox, Slack, Jira.\n"
    assert len(beginning) >= BEGINNING
    assert recognise(beginning + TEXTS["de"] * 4, ("en", "de")) == "de"


def test_recognising_again_gives_the_same() -> None:
    assert {recognise(TEXTS["nl"], ("de", "nl", "en")) for _ in range(3)} == {"nl"}


def test_strange_characters_do_no_harm() -> None:
    assert recognise("\ud800\udfff" * 30 + TEXTS["de"], ("en", "de")) in {"de", None}
    assert recognise("\0" * 100 + TEXTS["de"], ("en", "de")) in {"de", None}


def test_a_language_is_called_by_its_english_name_or_else_its_code() -> None:
    assert language_name("no") == "Norwegian"
    assert language_name("xx") == "xx"
