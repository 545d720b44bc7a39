"""Which language a sentence is in, as far as a receptionist must know: ours, or another one."""

import unicodedata

_COMMON: dict[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "en": """
            the a an is are was be been have has had i you we it that this to of for on at in and or
            not your my can will would could what when which how please thank thanks with from do
            does if so but there here they he she me us our all no yes okay any more about by as
            one two three four five six seven eight nine ten car oil change tuesday monday morning
            afternoon
            """,
        "es": """
            el la los las un una de del que y en para por con su sus le les se es está están usted
            lo al mi tu pero como cuándo qué cuál sí muy ya hay he ha hemos cita coche carro martes
            lunes miércoles jueves viernes sábado mañana tarde dos tres gracias hola buenos días
            puede quiere tiene reservado confirmada cancelada aceite cambio
            """,
        "fr": """
            le les des du et est une un pour avec votre vos je vous nous il elle que qui dans sur au
            aux ce cette pas ne merci bonjour été êtes sont à mardi lundi mercredi jeudi vendredi
            rendez-vous rendez voiture deux trois heures confirmé réservé
            """,
        "de": """
            der das ein eine ist sind und für mit ihr ihre ihren sie wir ich nicht auf zu
            dem den haben hat wurde wird termin auto dienstag montag mittwoch donnerstag freitag
            zwei drei uhr danke guten tag bitte gebucht bestätigt
            """,
        "pt": """
            os uma da dos das para com seu sua você eu nós é são está foi não em no na que
            por às terça segunda quarta quinta sexta marcado obrigado bom dia carro
            """,
        "it": """
            il lo gli un una di del della per con suo sua lei io noi è sono stato stata non che alle
            martedì lunedì appuntamento macchina grazie buongiorno confermato prenotato
            """,
    }.items()
}
_LEAST_HITS = 2


def foreign_to(language: str, text: str, least: int = _LEAST_HITS) -> bool:
    """Say whether a sentence is clearly in another language than `language` ("en", "es").

    Few words say little: a greeting or a name in another tongue is no other language, and a letter
    or an "um" is no word. `least` different words of the other language are asked for.
    """
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    if len(letters) - latin > max(latin, least):
        return True
    words = {"".join(c for c in word if c.isalpha() or c == "-") for word in text.lower().split()}
    hits = {name: len(words & common) for name, common in _COMMON.items()}
    other = max(count for name, count in hits.items() if name != language)
    return other >= least and other > 2 * hits[language]
