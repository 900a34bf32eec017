SELECT
    decisions.decision_id, decisions.exception_id, decisions.program, decisions.decision, decisions.action,
    decisions.comment, decisions.decided_by, decisions.decided_on
FROM ops.decisions AS decisions
INNER JOIN held_exceptions AS held ON held.exception_id = decisions.exception_id
ORDER BY decisions.decision_id
