-- Each program's exports are counted; the same run's again is the same export.
DELETE FROM ops.exports WHERE run_id = $run_id AND list_contains($programs::VARCHAR[], program);

INSERT INTO ops.exports
SELECT
    programs.program,
    coalesce((SELECT max(export_number) FROM ops.exports AS earlier WHERE earlier.program = programs.program), 0) + 1,
    $run_id,
    $run_date
FROM (SELECT unnest($programs::VARCHAR[]) AS program) AS programs;

-- Findings of this run join those of earlier ones. Evidence stays as it was when first found; a finding that
-- comes back keeps the day on which it was found first. It is kept as phrases, for files in any language, and in English.
INSERT INTO ops.exceptions BY NAME
SELECT
    exception_id, program, kind, match_id, $run_id AS first_found_run, $run_date AS first_found_at,
    $run_id AS last_found_run, $run_date AS last_found_at, 'new' AS status, evidence, evidence AS latest_evidence,
    basis, enrolment_id, other_enrolment_id, true AS is_found, is_still_paid, is_escalated
FROM (
    SELECT
        found.exception_id, found.program, found.kind, found.match_id, found.basis, found.enrolment_id,
        found.other_enrolment_id, found.is_still_paid,
        coalesce(savings.is_escalation_due, false) AS is_escalated,
        to_json({
            'text': say(found.evidence), 'said': found.evidence, 'certainty': found.certainty,
            'amount_at_stake': found.amount_at_stake, 'reason': word_of('verdict', found.verdict), 'same': found.same_fields, 'different': found.different_fields,
            'is_one_record': found.is_one_record
        }) AS evidence
    FROM found_duplicate AS found
    LEFT JOIN marts.rpt_savings AS savings
        ON least(savings.enrolment_id_a, savings.enrolment_id_b) = least(found.enrolment_id, found.other_enrolment_id)
        AND greatest(savings.enrolment_id_a, savings.enrolment_id_b) = greatest(found.enrolment_id, found.other_enrolment_id)
    UNION ALL BY NAME
    SELECT
        exception_id, program, kind, match_id, basis, enrolment_id, false AS is_escalated,
        to_json({
            'text': say(evidence), 'said': evidence, 'certainty': certainty, 'amount_at_stake': amount_at_stake,
            'reason': word_of('finding', finding)
        }) AS evidence
    FROM found_verification
    WHERE is_checked
    UNION ALL BY NAME
    SELECT
        exception_id, program, kind, match_id, basis, enrolment_id, false AS is_escalated,
        to_json({
            'text': say(evidence), 'said': evidence, 'certainty': certainty, 'amount_at_stake': amount_at_stake,
            'reason': word_of('check', check_name)
        }) AS evidence
    FROM found_payroll
)
ON CONFLICT (exception_id) DO UPDATE SET
    last_found_run = excluded.last_found_run,
    last_found_at = excluded.last_found_at,
    match_id = excluded.match_id,
    latest_evidence = excluded.latest_evidence,
    basis = excluded.basis,
    enrolment_id = excluded.enrolment_id,
    other_enrolment_id = excluded.other_enrolment_id,
    is_found = true,
    is_still_paid = excluded.is_still_paid,
    is_escalated = excluded.is_escalated;

INSERT INTO ops.exception_pairs
SELECT DISTINCT basis, pair.l, pair.r
FROM (SELECT basis, unnest(record_pairs) AS pair FROM found_duplicate)
WHERE basis NOT IN (SELECT basis FROM ops.exception_pairs);

-- What a program had and this run did not find is gone. What could not be looked up again stays.
UPDATE ops.exceptions SET
    is_found = exception_id IN (SELECT exception_id FROM found_verification WHERE NOT is_checked),
    is_escalated = false
WHERE last_found_run <> $run_id AND list_contains($programs::VARCHAR[], program)
