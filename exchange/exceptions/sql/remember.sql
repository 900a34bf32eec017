-- Findings of this run join those of earlier ones. Evidence stays as it was when first found; a finding that
-- comes back keeps the day on which it was found first.
INSERT INTO ops.exceptions
SELECT
    exception_id, program, kind, match_id, $run_id, $run_date, $run_id, $run_date, 'new',
    to_json({
        'text': evidence_text, 'certainty': certainty, 'amount_at_stake': amount_at_stake, 'reason': reason
    })
FROM (
    SELECT exception_id, program, kind, match_id, evidence_text, certainty, amount_at_stake, verdict AS reason
    FROM found_duplicate
    UNION ALL
    SELECT exception_id, program, kind, match_id, evidence_text, certainty, amount_at_stake, finding
    FROM found_verification
    WHERE is_checked
    UNION ALL
    SELECT exception_id, program, kind, match_id, evidence_text, certainty, amount_at_stake, check_name
    FROM found_payroll
)
ON CONFLICT (exception_id) DO UPDATE SET
    last_found_run = excluded.last_found_run,
    last_found_at = excluded.last_found_at,
    -- Exported again on the day that found it: still new.
    status = CASE WHEN exceptions.first_found_at = excluded.last_found_at THEN 'new' ELSE 'open' END
