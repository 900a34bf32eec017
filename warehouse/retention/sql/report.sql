-- Past its time, by program; a person of two programs counts in both.
SELECT
    past.program,
    count(DISTINCT past.person_uid) AS persons,
    count(*) FILTER (WHERE past.kind = 'record') AS records,
    count(*) FILTER (WHERE past.kind = 'household') AS households,
    count(*) FILTER (WHERE past.kind = 'enrolment') AS enrolments,
    count(marked.id) FILTER (WHERE past.kind = 'record') AS records_marked_already
FROM past
LEFT JOIN ops.past_retention AS marked ON marked.kind = past.kind AND marked.id = past.id
GROUP BY past.program
ORDER BY past.program
