-- The events that name one of the identifiers themselves or in their list; a line that cannot be read is `verify`'s.
WITH events AS (
    SELECT *
    FROM read_json(
        $log::VARCHAR, format = 'newline_delimited', ignore_errors = true, columns = {
            'sequence': 'BIGINT', 'at': 'VARCHAR', 'actor': 'VARCHAR', 'user': 'VARCHAR', 'action': 'VARCHAR',
            'subjects': 'VARCHAR[]', 'subjects_list': 'VARCHAR', 'details': 'JSON'
        }
    )
),

named AS (
    SELECT sequence, unnest(subjects) AS subject FROM events
    UNION ALL
    SELECT events.sequence, listed.subject
    FROM events
    INNER JOIN listed ON listed.filename = events.subjects_list || '.txt.gz'
),

matching AS (
    SELECT sequence, list(DISTINCT subject ORDER BY subject) AS identifiers
    FROM named
    WHERE list_contains($identifiers::VARCHAR[], subject)
    GROUP BY sequence
)

SELECT
    events.sequence, events."at", events.actor, events."user", events.action, events.details ->> 'purpose' AS purpose,
    matching.identifiers, coalesce(events.details, '{}') AS details
FROM events
INNER JOIN matching ON matching.sequence = events.sequence
ORDER BY events.sequence DESC
