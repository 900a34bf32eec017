-- Pairs that people have decided are no more the engine's: nobody is asked about them, and they do not measure it.
CREATE OR REPLACE TEMP TABLE decided_pairs AS
SELECT DISTINCT
    least(record_id_l, record_id_r) AS l,
    greatest(record_id_l, record_id_r) AS r
FROM linkage.decisions WHERE decision IN ('same', 'different');
