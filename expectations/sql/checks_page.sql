-- Each check as it stands, with how it ended in the latest contracts (the oldest first).
SELECT
    checks.layer,
    coalesce(sources.name, '') AS source_name,
    checks.table_name,
    checks.column_name,
    checks.check_name,
    checks.severity = 'blocking' AS is_blocking,
    checks.passed,
    coalesce(checks.expected, checks.check_name) AS expected,
    coalesce(checks.observed, '') AS observed,
    coalesce(checks.broken_rows, 0) AS broken_rows,
    strftime(checks.checked_at, '%Y-%m-%d %H:%M') AS checked_at,
    checks.run_id,
    history.outcomes
FROM ops.checks_now AS checks
LEFT JOIN (
    SELECT layer, table_name, column_name, check_name, list(passed ORDER BY checked_at) AS outcomes
    FROM ops.checks
    GROUP BY ALL
) AS history
    ON history.layer = checks.layer
    AND history.table_name = checks.table_name
    AND history.column_name IS NOT DISTINCT FROM checks.column_name
    AND history.check_name = checks.check_name
LEFT JOIN ops.sources AS sources ON checks.layer = 'mirror_' || sources.source
ORDER BY
    CASE checks.layer WHEN 'marts' THEN 3 WHEN 'registry' THEN 2 ELSE 1 END,
    checks.layer,
    checks.passed,
    checks.severity,
    checks.table_name,
    checks.column_name,
    checks.check_name
