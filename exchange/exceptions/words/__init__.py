"""The words of exception files: a catalogue a language, in one YAML file each, which needs no code to edit.

What belongs here: loading and checking the catalogues, and saying codes and phrases in a language, in Python and SQL.
What does not: the codes themselves, which the findings and sheets give.
"""

from exchange.exceptions.words.catalogue import languages
from exchange.exceptions.words.localise import localised
from exchange.exceptions.words.sql import define, speak
from exchange.exceptions.words.words import ENGLISH, Words, folded, group_of

__all__ = ["ENGLISH", "Words", "define", "folded", "group_of", "languages", "localised", "speak"]
