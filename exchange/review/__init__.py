"""The review queue: pairs that may be one person, case by case, for people to decide; in a terminal or on a page.

What belongs here: which case is next, what a person is shown of it, decisions and their being taken back.
What does not: how likely a pair is and why, which is linkage's, and what programs decide in their files (decisions/).
"""

from exchange.review.cases import Asked, Case, Detail, ReviewQueue, Said, case_of, next_case, review_queue
from exchange.review.decide import DECISIONS, Decided, decide, undo

__all__ = [
    "DECISIONS", "Asked", "Case", "Decided", "Detail", "ReviewQueue", "Said", "case_of", "decide", "next_case",
    "review_queue", "undo",
]
