"""The warehouse file: connection, lock, schemas, parameters, publication, queries on what is published; audit/.

What belongs here: everything that knows that the warehouse is one DuckDB file with one writer.
What does not: what the tables mean (dbt models), and where the data comes from (pipelines/replication).
"""
