"""Sources whose files arrive as batches in `inbox/<source>/`.

A batch is a set of files of one date, named by a manifest or by their names (`arrivals`, `manifest`). It is copied
whole to `landing/<source>/batches/`, judged there, and either accepted, after its merge has committed, or refused, with
the reason beside its files in `quarantine/<source>/` (`intake`, `store`). What a source holds is what its accepted
batches say in the order of their dates, in whatever order they arrived (`pipelines.replication.adapters.inbox`).
"""
