"""Words and signs that say nothing about which person is meant. Generic: no country's names stand here."""

import unicodedata
from functools import cache
from itertools import groupby

# Dropped wherever they stand: nobody is called this.
HONORIFICS = [
    "mr",
    "mrs",
    "ms",
    "mme",
    "mlle",
    "miss",
    "dr",
    "prof",
    "professor",
    "sir",
    "rev",
    "revd",
    "reverend",
    "fr",
    "hon",
    "honourable",
    "capt",
    "captain",
    "col",
    "colonel",
    "maj",
    "major",
    "lt",
    "lieutenant",
    "gen",
    "sgt",
    "cpl",
    "pte",
    "esq",
    "phd",
    "md",
    "mp",
    "bsc",
    "ba",
    "ma",
    "jnr",
    "snr",
    "jr",
    "sr",
    "sheikh",
    "sheik",
    "hajj",
    "haji",
    "hajji",
    "alhaji",
]
# Dropped inside family names and when a whole name is taken apart, never when nothing else would be left.
PARTICLES = [
    "of",
    "the",
    "de",
    "da",
    "do",
    "dos",
    "das",
    "del",
    "della",
    "di",
    "du",
    "la",
    "le",
    "les",
    "van",
    "von",
    "der",
    "den",
    "ter",
    "ten",
    "zu",
    "bin",
    "binti",
    "ibn",
    "al",
    "el",
    "and",
]
# Dropped from leftover tokens of a whole name only: Baron, King and Duke are also people's names.
TITLES = [
    "lord",
    "lady",
    "dame",
    "baron",
    "baroness",
    "baronet",
    "bt",
    "earl",
    "duke",
    "duchess",
    "marquess",
    "marquis",
    "viscount",
    "viscountess",
    "count",
    "countess",
    "king",
    "queen",
    "prince",
    "princess",
    "knight",
    "saint",
    "st",
    "bishop",
    "archbishop",
    "father",
    "mother",
    "sister",
    "brother",
    "senior",
    "junior",
    "elder",
    "younger",
    "ii",
    "iii",
    "iv",
    "vi",
    "vii",
    "viii",
    "ix",
]
# Whole values that mean "nothing was written down".
NOTHING = (
    "", "-", "--", ".", "?", "x", "xx", "xxx", "na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil", "unknown",
    "unk", "not known", "not stated", "not given", "missing", "tbd", "tba", "<na>", "nat",
)  # fmt: skip
MALE = [
    "m",
    "male",
    "man",
    "boy",
    "1",
    "1.0",
    "h",
    "homme",
    "masculin",
    "masculine",
    "masculino",
    "hombre",
    "varon",
    "me",
    "mume",
]
FEMALE = [
    "f",
    "female",
    "woman",
    "girl",
    "2",
    "2.0",
    "w",
    "femme",
    "feminin",
    "feminine",
    "feminino",
    "femenino",
    "mujer",
    "ke",
    "mke",
]
# The first three letters of a month in several languages that write dates in Latin letters.
MONTHS = {
    "jan": 1, "ene": 1, "feb": 2, "fev": 2, "mar": 3, "apr": 4, "abr": 4, "avr": 4, "may": 5, "mai": 5, "mei": 5,
    "jun": 6, "jul": 7, "aug": 8, "ago": 8, "aou": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "out": 10, "nov": 11,
    "dec": 12, "des": 12, "dic": 12, "dez": 12,
}  # fmt: skip
_WITH_SIGNS = ((0, 0xD800), (0xE000, 0x10000), (0x1F000, 0x1FB00))  # beyond them, everything is taken for a letter


@cache
def signs() -> str:
    """What is no letter, mark or number of any script, for a character class.

    RE2 takes a quarter of the time to make it ready that [^\\p{L}\\p{M}\\p{N}] takes (.6 ms instead of 2.4), which one
    asked person costs as much as a million.
    """
    ranges = []
    for first, after in _WITH_SIGNS:
        known = (code for code in range(first, after) if unicodedata.category(chr(code)) != "Cn")
        for is_sign, codes in groupby(known, lambda code: unicodedata.category(chr(code))[0] not in "LMN"):
            if is_sign:
                run = list(codes)
                ranges.append(f"\\x{{{run[0]:x}}}-\\x{{{run[-1]:x}}}")
    return "".join(ranges)
