-- Overlaps that a program has to decide on. Of the other side a program sees the program and the status, nothing
-- else, unless both sides are its own. An allowed overlap is no exception and never goes out.
CREATE OR REPLACE TEMP TABLE found_duplicate AS
WITH person_level AS (
    SELECT
        match_id, program_a, program_b, enrolment_id_a, enrolment_id_b, record_id_a, record_id_b,
        household_id_a, household_id_b, status_a, status_b, rule_code, verdict, match_verdict,
        overlap_from, overlap_to, money_at_stake, both_still_paid, true AS is_both_paid, 'person' AS level,
        CASE WHEN match_key = 'same_record' THEN 1 ELSE match_probability END AS certainty,
        CASE
            WHEN match_key = 'same_record' THEN 'One record stands on both enrolments.'
            WHEN match_verdict = 'review' THEN
                'Perhaps one person: the records agree on ' || replace(match_key, '_', ' ') || '. Not established.'
            WHEN match_key = 'through_other_records' THEN
                'Taken as one person: both records agree with a third one.'
            ELSE 'Taken as one person: the records agree on ' || replace(match_key, '_', ' ') || '.'
        END AS reason
    FROM marts.rpt_multiple_receipt
),

household_level AS (
    SELECT
        match_id, program_a, program_b, enrolment_id_a, enrolment_id_b, record_id_a, record_id_b,
        household_id_a, household_id_b, status_a, status_b, rule_code, verdict, match_verdict,
        overlap_from, overlap_to, money_at_stake, both_still_paid, is_both_paid, 'household' AS level,
        NULL::DOUBLE AS certainty,
        CASE match_verdict
            WHEN 'review' THEN 'Perhaps one household: ' || shared_persons || ' person(s) in both. Not established.'
            ELSE 'Taken as one household: ' || shared_persons || ' person(s) in both.'
        END AS reason
    FROM marts.rpt_household_multiple_receipt
),

pairs AS (
    -- A pair found at both levels is one case: the stricter verdict counts, then the person's.
    SELECT * FROM (SELECT * FROM person_level UNION ALL SELECT * FROM household_level)
    WHERE verdict IN ('prohibited', 'for_review')
    QUALIFY row_number() OVER (
        PARTITION BY enrolment_id_a, enrolment_id_b ORDER BY verdict DESC, level DESC, match_id
    ) = 1
),

sides AS (
    -- Both programs get the case; within one program it is one case, not two.
    SELECT
        *, program_a AS program, enrolment_id_a AS enrolment_id, record_id_a AS record_id,
        household_id_a AS household_id, status_a AS enrolment_status, program_b AS other_program,
        status_b AS other_status, enrolment_id_b AS other_enrolment, record_id_b AS other_record
    FROM pairs
    UNION ALL
    SELECT
        *, program_b, enrolment_id_b, record_id_b, household_id_b, status_b, program_a,
        status_a, enrolment_id_a, record_id_a
    FROM pairs
    WHERE program_a <> program_b
)

SELECT
    -- The number does not depend on the level at which the pair is found, nor on which side stands first.
    'E' || upper(left(sha256(concat_ws(
        '|', sides.program, 'duplicate', least(sides.enrolment_id, sides.other_enrolment),
        greatest(sides.enrolment_id, sides.other_enrolment)
    )), 16)) AS exception_id,
    'duplicate' AS kind,
    sides.program,
    sides.match_id,
    sides.enrolment_id,
    sides.record_id,
    sides.household_id,
    sides.enrolment_status,
    replace(sides.verdict, '_', ' ') AS verdict,
    coalesce(rules.rule_code || ': ' || rules.legal_basis, 'no rule for these two programs') AS rule,
    sides.other_program,
    sides.other_status,
    CASE WHEN sides.program = sides.other_program THEN sides.other_enrolment END AS other_enrolment_id,
    CASE WHEN sides.program = sides.other_program THEN sides.other_record END AS other_record_id,
    CASE WHEN sides.program = sides.other_program THEN others.full_name END AS other_full_name,
    -- A household's pair counts from enrolment on, a person's from payment on.
    sides.reason || CASE sides.level WHEN 'person' THEN ' Both paid from ' ELSE ' Both enrolled from ' END
    || sides.overlap_from || ' to ' || sides.overlap_to
    || CASE
        WHEN sides.both_still_paid THEN '; both are still paid.'
        WHEN NOT sides.is_both_paid THEN '; not both paid yet.'
        ELSE '.'
    END AS evidence_text,
    sides.certainty,
    sides.money_at_stake AS amount_at_stake,
    CASE
        WHEN sides.match_verdict = 'review' THEN 'Compare with your files before anything else'
        WHEN sides.program = sides.other_program THEN 'Keep one registration, exit the other'
        WHEN sides.verdict = 'prohibited' THEN 'Agree with ' || sides.other_program || ' which benefit stays'
        ELSE 'Decide with ' || sides.other_program || ' whether both may stay'
    END AS suggested_action
FROM sides
LEFT JOIN registry.persons AS others ON others.record_id = sides.other_record
LEFT JOIN (SELECT DISTINCT ON (rule_code) rule_code, legal_basis FROM reference.overlap_rules) AS rules
    ON rules.rule_code = sides.rule_code
WHERE list_contains($programs::VARCHAR[], sides.program)
