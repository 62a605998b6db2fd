"""The model that tells languages apart. It brings numpy, so ``languages`` loads it when it must."""

from __future__ import annotations

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier


def classify(text: str, among: tuple[str, ...]) -> tuple[str, float]:
    """The likeliest of these languages, as ISO 639-1 code, and its probability (0 to 1)."""
    code, sure = _identifier(among).classify(text)
    return str(code), float(sure)


@cache
def _identifier(among: tuple[str, ...]) -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(among))
    return identifier
