"""Facts that a line of copy may only have from its brief: numbers, claims, names, addresses. Pure.

Copy may use any words. It may not promise, praise, price or name what the brief does not. Data: a
language is a line in a table.
"""

from __future__ import annotations

import re

from lotus.documents.brief import Brief
from lotus.planning.scripts import is_latin
from lotus.planning.words import BREAK_BEFORE, DETERMINERS, MARKERS, word_set

__all__ = ["brief_text", "invented"]

_SAME_LETTERS = 4  # words that begin alike are forms of one word: open, opens, opening
_ADDRESS = re.compile(r"://|\bwww\.|@|[^\W\d]\.[^\W\d]{2,}", re.I)
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE = re.compile(r"(?:^|[.!?…:]\s+|\n)[\"'“‘«(]*$")
# Claims: superlatives, prices, guarantees and proofs; a brief that makes them may be quoted.
_CLAIMS = word_set("""
    best better cheapest cheaper cheap fastest faster finest first greatest leading lowest highest
    only unique unbeatable unrivalled perfect ultimate premium exclusive favourite favorite popular
    free guaranteed guarantee warranty refund proven certified approved tested clinically
    doctor-recommended award-winning awarded official original authentic genuine safe safest secure
    organic natural vegan sustainable eco-friendly carbon-neutral healthy healthier cures cure heals
    sale save saves savings discount discounted off deal bargain offer bonus gift win limited
    unlimited forever always never instantly today tonight tomorrow now nonstop
    half double triple twice dozen hundred hundreds thousand thousands million millions billion
    zero one two three four five six seven eight nine ten eleven twelve twenty thirty fifty
    beste besten bester bestes günstigste günstiger billig billiger kostenlos gratis umsonst
    garantiert garantie bewiesen zertifiziert geprüft einzige erste exklusiv rabatt sparen
    gewinnen immer nie heute jetzt sofort ewig nachhaltig gesund sicher halb doppelt
    meilleur meilleure meilleurs moins cher gratuit gratuite garanti garantie prouvé certifié
    unique premier première exclusif remise soldes promo toujours jamais offert
    mejor mejores barato gratis garantizado garantizada probado certificado único única primero
    exclusivo descuento oferta rebaja siempre nunca hoy ahora
    melhor melhores grátis garantido comprovado certificado desconto promoção sempre
    migliore migliori gratuito garantito provato certificato unico sconto offerta sempre
    beste goedkoopste gratis gegarandeerd bewezen korting altijd nooit
    лучший лучшая лучшее бесплатно гарантия гарантированно скидка единственный первый всегда
""")
_SUPERLATIVE = re.compile(r"[a-z]{3,}(?:iest|[^aeiou]est)$|[a-zäöü]{3,}ste[nrsm]?$")
_NO_SUPERLATIVES = word_set(
    "guest forest harvest honest west rest nest chest quest test request interest invest arrest "
    "west protest contest digest modest earnest northwest southwest küste kruste liste piste "
    "kiste geste reste paste taste haste waste este teste testes feste weste äste gäste"
)
# Little and common words that begin a line with a capital without being a name.
_COMMON = word_set("""
    come feel find taste try see meet hear make take give bring start stop go get keep live love
    let look open close wake wear walk run ride rest relax breathe sleep dream think imagine enjoy
    discover explore join share say tell ask learn build grow work play move stay turn step leave
    here there where when why how what who welcome hello ready made born time every each more less
    just still even almost because since until before after while once again together simply
    slow quiet warm fresh soft light bright calm easy simple small big long short new old good
    great true real right bold pure wild sweet dark deep home life day night morning evening
    world people hands heart mind you your we our us they their it its this that these those
    nothing everything something someone anyone everyone no not yes so too very all
""").union(DETERMINERS, BREAK_BEFORE, *MARKERS.values())


def brief_text(brief: Brief) -> str:
    """All words of a brief that copy may quote."""
    name = brief.brand.name if brief.brand else None
    own = [scene.caption for scene in brief.scenes]
    return " ".join(filter(None, (brief.prompt, brief.cta, name, *own)))


def invented(line: str, source: str, scenery: str = "") -> str | None:
    """The first fact of a line that its source does not have, as a reason; None if there is none.

    `seen` are words that describe pictures: what is written small there is no name.
    """
    if _ADDRESS.search(line):
        return "has an address in it"
    folded = source.casefold()
    numbers = set(_NUMBER.findall(source))
    for number in _NUMBER.findall(line):
        if number not in numbers:
            return f"'{number}' is a number that the brief does not have"
    if not is_latin(line) and not any(char.isupper() for char in line):
        return _unquoted(line, folded)
    words = {match[0].casefold() for match in _WORD.finditer(source)}
    stems = {word[:_SAME_LETTERS] for word in words if len(word) >= _SAME_LETTERS}
    common = {match[0] for match in _WORD.finditer(scenery) if match[0].islower()}
    for match in _WORD.finditer(line):
        word = match[0].casefold()
        if word in words:
            continue
        if word in _CLAIMS or _is_superlative(word):
            return f"'{match[0]}' is a claim that the brief does not make"
        if word[:_SAME_LETTERS] in stems and len(word) >= _SAME_LETTERS:
            continue
        if _is_name(match[0], line[: match.start()], common):
            return f"'{match[0]}' is a name that the brief does not have"
    return None


def _unquoted(line: str, source: str) -> str | None:
    """Scripts without capitals do not tell names from words: only the brief's own are sure."""
    for word in re.findall(r"\w+", line.casefold()):
        if word not in source:
            return f"'{word}' is not a word of the brief"
    return None


def _is_superlative(word: str) -> bool:
    return bool(_SUPERLATIVE.fullmatch(word)) and word not in _NO_SUPERLATIVES


def _is_name(word: str, before: str, common: set[str]) -> bool:
    """Whether a word is written as names are: with a capital where a sentence has none, or with a
    capital first and no common word.
    """
    small = word.casefold()
    if not any(char.isupper() for char in word):
        return False
    plain = small in _COMMON or small in common or small.split("’")[0].split("'")[0] in _COMMON
    return (
        not (plain and (word[1:].islower() or len(word) == 1)) if _starts(before) else word != "I"
    )


def _starts(before: str) -> bool:
    return bool(_SENTENCE.search(before))
