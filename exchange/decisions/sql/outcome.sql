-- What the import came to, in answers.
WITH earlier AS (
    SELECT decisions.exception_id, arg_max(decisions.decision, decisions.decision_id) AS decision
    FROM ops.decisions AS decisions
    CROSS JOIN this_import
    WHERE decisions.import_number < this_import.import_number
    GROUP BY decisions.exception_id
),

recorded AS (
    SELECT
        new_answers.is_confirmation,
        earlier.decision IS NOT NULL AND earlier.decision <> new_answers.decision AS is_correction,
        answers.state,
        answers.is_current,
        answers.match_id
    FROM new_answers
    INNER JOIN answers_now AS answers
        ON answers.exception_id = new_answers.exception_id AND answers.basis = new_answers.basis
    LEFT JOIN earlier ON earlier.exception_id = new_answers.exception_id
)

SELECT
    (SELECT count(*) FROM judged) AS rows,
    count(*) FILTER (WHERE NOT is_confirmation) AS recorded,
    count(*) FILTER (WHERE is_correction) AS corrected,
    count(*) FILTER (WHERE is_confirmation) AS confirmed,
    (SELECT count(*) FROM judged WHERE is_answered AND is_repeated) - count(*) FILTER (WHERE is_confirmation) AS repeated,
    count(*) FILTER (WHERE state = 'to_confirm') AS waiting,
    count(*) FILTER (WHERE state = 'contested') AS contested,
    count(*) FILTER (WHERE NOT is_current) AS outdated,
    (SELECT count(*) FROM judged WHERE comment IS NOT NULL AND NOT is_answered) AS comments,
    coalesce(list(match_id ORDER BY match_id) FILTER (WHERE state = 'contested'), [])[:20] AS contested_matches
FROM recorded
