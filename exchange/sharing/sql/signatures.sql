-- Who looks like whom in what would leave. Where a mart's rows can be told to be one person's (an identifier leaves with
-- them), it is all the rows of a person together that have to be alike; else each row stands for itself.
CREATE OR REPLACE TEMP TABLE sharing_signatures AS
WITH told AS (
    -- Of what was seen, in any order: lists of it cannot be put aside on disk, and a nation's do not fit into memory.
    -- Hashed once more: DuckDB combines the hashes of several columns by XOR itself, so that the XOR of rows would forget
    -- which values stood together.
    SELECT kind, unit, bit_xor(hash(seen)) AS signature
    FROM (SELECT DISTINCT kind, unit, seen FROM sharing_seen)
    GROUP BY kind, unit
)

SELECT told.kind, told.unit, units.subject, told.signature
FROM told
INNER JOIN (SELECT DISTINCT kind, unit, subject FROM sharing_seen) AS units
    ON units.kind = told.kind AND units.unit = told.unit;

CREATE OR REPLACE TEMP TABLE sharing_classes AS
SELECT kind, signature, count(DISTINCT subject) AS people
FROM sharing_signatures
GROUP BY kind, signature
