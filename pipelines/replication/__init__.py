"""Copying sources: adapters open them, landing takes a consistent snapshot, merging brings it to the mirror.

Plain Python and SQL; nothing here knows Dagster. A source is landed outside the warehouse, so that a slow or
broken one delays nobody; only `merge` needs the single writer's place.
"""
