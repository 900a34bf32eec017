"""The words on the first sheet of a clerical sample, for a clerk who has never seen one."""


def lines(sample_id: str, pairs: int) -> list[tuple[str, str]]:
    """The text as (style, line), style one of `title`, `heading`, `text`."""
    return [("title", f"Clerical sample {sample_id}: {pairs} pairs of records"), *_TEXT]


_TEXT = [
    ("heading", "This file holds personal data"),
    ("text", "Names, ID numbers, birth dates and families of people who receive benefits. Keep it on the machine "
             "it was given to you on. Do not send it by e-mail, print it only if you must, and delete it when it "
             "has been read back."),
    ("heading", "What to do"),
    ("text", "Go to the sheet Pairs. Each row holds two records, the details of the first (1) beside those of "
             "the second (2). Decide for every row whether both are of one and the same person, and choose in "
             "the yellow column:"),
    ("text", "same: you are as good as sure that it is one person."),
    ("text", "different: you are as good as sure that they are two people, for example brothers, or a mother and "
             "her daughter."),
    ("text", "cannot tell: the details do not say. Choose it freely; a guess does more harm."),
    ("text", "Answer every row, in any order, and by yourself: do not ask what the computer made of a pair. The "
             "rows are shuffled, and how sure the computer was is left out on purpose."),
    ("text", "Change nothing else. All other cells are locked, and a file in which they were changed is refused."),
    ("heading", "What becomes of your answers"),
    ("text", "They measure how often the linkage is right. They decide nothing about these people: a duplicate "
             "is decided in the exception files of the programs, and only there."),
    ("heading", "Good to know"),
    ("text", "Names are spelled in many ways, given and family names are swapped, and a birth date of 1 January "
             "or 1 July often means that only the year was known. ID numbers are mistyped, and a child's record "
             "may carry the number of the guardian. Others in the household are listed as that program knows "
             "them."),
]
