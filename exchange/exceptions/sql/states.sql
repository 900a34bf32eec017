-- The state of every exception, from what the last run found and what was answered; docs/data-model.md says what each
-- word means.
UPDATE ops.exceptions SET status = states.status
FROM (
    SELECT
        exceptions.exception_id,
        CASE
            WHEN answers.state = 'in_force'
                AND (NOT exceptions.is_found OR answers.decision = 'same person' AND NOT exceptions.is_still_paid)
                THEN 'closed'
            WHEN NOT exceptions.is_found THEN 'gone'
            WHEN answers.state = 'contested' THEN 'contested'
            WHEN exceptions.is_escalated THEN 'escalated'
            WHEN answers.state = 'in_force' THEN 'decided'
            WHEN answers.state IS NOT NULL THEN answers.state
            -- The other program took it for one person, and one of the two has stopped paying: nothing is left to do.
            WHEN others.exception_id IS NOT NULL AND NOT exceptions.is_still_paid THEN 'closed'
            WHEN exceptions.first_found_at = exports.run_date THEN 'new'
            ELSE 'open'
        END AS status
    FROM ops.exceptions AS exceptions
    INNER JOIN (SELECT program, max(run_date) AS run_date FROM ops.exports GROUP BY program) AS exports
        ON exports.program = exceptions.program
    LEFT JOIN answers_now AS answers ON answers.exception_id = exceptions.exception_id AND answers.is_current
    LEFT JOIN answers_now AS others
        ON others.basis = exceptions.basis
        AND others.exception_id <> exceptions.exception_id
        AND others.state = 'in_force'
        AND others.decision = 'same person'
    QUALIFY row_number() OVER (PARTITION BY exceptions.exception_id ORDER BY answers.decision_id DESC) = 1
) AS states
WHERE states.exception_id = exceptions.exception_id AND states.status <> exceptions.status
