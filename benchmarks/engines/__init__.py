"""The engines that are measured, behind the same functions: ours, Splink, recordlinkage.

`deduplicate(job, clock)` and, for registers, `match(job, clock)` load the records, do the work inside `clock()`, write
clusters.parquet (record_id, entity_id) or matches.parquet (record_id, register_id, verdict) into the current folder,
and give figures of their own. `name()`: what results call it, with its version.
"""
