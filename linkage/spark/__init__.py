"""Linkage shared out by Apache Spark, for more records than one machine holds (docs/spark.md).

Spark moves rows: Parquet in, joins by match key, counts, Parquet out. What a row or a pair means is worked out in each
task by the same SQL as on one machine, in a DuckDB of the task's own: so levels, weights and clusters are the same by
construction. Learning stays on one machine; here its model, match keys and date orders are applied.
whole.Cluster is its entrance.
"""

LEARNING, LEARNED = "linkage_learning", "linkage_learned"  # schemas, for as long as a run lasts
