"""The linkage engine: which records are one person. Knows roles of columns; no program and no country."""

from linkage.engine import deduplicate
from linkage.results import LinkageResult
from linkage.specification import Specification

__all__ = ["LinkageResult", "Specification", "deduplicate"]
