-- Findings about the person that went to programs, as first found and as last. What was found about another member of a
-- household on the same benefit is not theirs to see.
SELECT DISTINCT
    exceptions.exception_id, exceptions.program, exceptions.kind, exceptions.match_id, exceptions.status,
    exceptions.first_found_at, exceptions.last_found_at, exceptions.enrolment_id,
    exceptions.evidence ->> 'text' AS evidence, exceptions.latest_evidence ->> 'text' AS latest_evidence
FROM ops.exceptions AS exceptions
INNER JOIN held_exceptions AS held ON held.exception_id = exceptions.exception_id
ORDER BY exceptions.first_found_at, exceptions.exception_id
