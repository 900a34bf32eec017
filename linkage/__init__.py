"""The linkage engine: which records are one person. Knows roles of columns; no program and no country.

>>> result = deduplicate(con, Specification.load("persons.yml"), "registry.persons", "linkage")
"""

from linkage.engine import deduplicate
from linkage.explain import explain
from linkage.explanation import Explanation
from linkage.files import link_files
from linkage.register.match import match_register
from linkage.results import KeyYield, LinkageResult
from linkage.specification import Specification

__all__ = [
    "Explanation",
    "KeyYield",
    "LinkageResult",
    "Specification",
    "deduplicate",
    "explain",
    "link_files",
    "match_register",
]
