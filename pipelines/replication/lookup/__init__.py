"""A register behind a web service: asked for one person a call, within limits, and landed like any other source."""

from pipelines.replication.lookup.replicate import LookupOutcome, ask_and_land, share_answered, write_asked_for

__all__ = ["LookupOutcome", "ask_and_land", "share_answered", "write_asked_for"]
