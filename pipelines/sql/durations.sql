-- The seconds of each stage when it was last done (replicate: though a source failed, which is written at the run's end):
-- from the end of the stage before it in the same run, or from the run's start, to its own end; and the rows that the
-- registry then had. What only some of these sources took says nothing of all.
WITH ended AS (
    SELECT
        run_id, stage, max(ended_at) FILTER (WHERE status = 'success') AS ended_at,
        list_position(['replicate', 'registry', 'link', 'marts', 'exceptions', 'publish'], stage) AS place
    FROM ops.runs
    GROUP BY run_id, stage
    HAVING place IS NOT NULL AND ended_at IS NOT NULL
),

timed AS (
    SELECT
        stage, ended_at, run_id,
        epoch(ended_at - coalesce(lag(ended_at) OVER (PARTITION BY run_id ORDER BY place), started_at)) AS seconds
    FROM ended
    JOIN ops.run_requests USING (run_id)
)

SELECT
    stage, greatest(seconds, 0) AS seconds,
    (
        SELECT max_by(registry.rows, registry.ended_at) FROM ops.runs AS registry
        WHERE registry.stage = 'registry' AND registry.status = 'success' AND registry.ended_at <= timed.ended_at
    ) AS registry_rows
FROM timed
WHERE stage <> 'replicate' OR run_id IN (
    SELECT run_id FROM ops.run_requests WHERE list_has_all(sources, $sources)
)
QUALIFY row_number() OVER (PARTITION BY stage ORDER BY ended_at DESC) = 1
