-- Overlaps that a program has to decide on. Of the other side a program sees the program, the status and which details
-- are the same as its own, no detail itself, unless both sides are its own. An allowed overlap is no exception and never goes out.
CREATE OR REPLACE TEMP TABLE found_duplicate AS
WITH person_level AS (
    SELECT
        match_id, program_a, program_b, enrolment_id_a, enrolment_id_b, record_id_a, record_id_b,
        household_id_a, household_id_b, status_a, status_b, rule_code, verdict, match_verdict,
        overlap_from, overlap_to, money_at_stake, both_still_paid, true AS is_both_paid, 'person' AS level,
        CASE WHEN match_key = 'same_record' THEN 1 ELSE match_probability END AS certainty,
        CASE
            WHEN match_key = 'same_record' THEN phrase('one_record')
            WHEN match_verdict <> 'review' AND match_key = 'through_other_records' THEN phrase('one_person_through_others')
            ELSE phrase(
                if(match_verdict = 'review', 'perhaps_one_person', 'one_person'),
                MAP {'match_key': replace(match_key, ' and ', ', ')}
            )
        END AS reason
    FROM marts.rpt_multiple_receipt
),

household_level AS (
    SELECT
        match_id, program_a, program_b, enrolment_id_a, enrolment_id_b, record_id_a, record_id_b,
        household_id_a, household_id_b, status_a, status_b, rule_code, verdict, match_verdict,
        overlap_from, overlap_to, money_at_stake, both_still_paid, is_both_paid, 'household' AS level,
        NULL::DOUBLE AS certainty,
        phrase(
            if(match_verdict = 'review', 'perhaps_one_household', 'one_household'), MAP {'persons': shared_persons::VARCHAR}
        ) AS reason
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

members AS (
    SELECT
        persons.household_id, persons.record_id, persons.full_name,
        coalesce(crosswalk.person_uid, persons.record_id) AS person_uid
    FROM registry.persons AS persons
    LEFT JOIN linkage.persons_crosswalk AS crosswalk ON crosswalk.record_id = persons.record_id
),

subjects AS (
    -- Whose being one person, or not, is asked: the two who receive; for households, the members whom both have.
    SELECT match_id, record_id_a, record_id_b, NULL AS name_a, NULL AS name_b
    FROM pairs
    WHERE level = 'person' AND record_id_a <> record_id_b
    UNION ALL
    SELECT pairs.match_id, members_a.record_id, members_b.record_id, members_a.full_name, members_b.full_name
    FROM pairs
    INNER JOIN members AS members_a ON members_a.household_id = pairs.household_id_a
    INNER JOIN members AS members_b
        ON members_b.household_id = pairs.household_id_b
        AND members_b.person_uid = members_a.person_uid
        AND members_b.record_id <> members_a.record_id
    WHERE pairs.level = 'household'
),

asked AS (
    SELECT
        match_id,
        list_sort(list(DISTINCT
            {'l': least(record_id_a, record_id_b), 'r': greatest(record_id_a, record_id_b)}
        )) AS record_pairs,
        string_agg(DISTINCT name_a, ', ' ORDER BY name_a) AS members_a,
        string_agg(DISTINCT name_b, ', ' ORDER BY name_b) AS members_b
    FROM subjects
    GROUP BY match_id
),

details AS (
    -- What the receivers' records say, in the form in which two records are compared.
    SELECT
        persons.record_id,
        [
            {'field': 'name', 'value': lower(persons.full_name)},
            {'field': 'sex', 'value': persons.sex},
            {'field': 'birth_date', 'value': left(
                persons.birth_date::VARCHAR, CASE persons.birth_date_precision WHEN 'year' THEN 4 WHEN 'month' THEN 7 ELSE 10 END
            )},
            {'field': 'id_number', 'value': coalesce(persons.national_id, persons.national_id_given)},
            {'field': 'phone', 'value': persons.phone},
            {'field': 'county', 'value': persons.county_code}
        ] AS fields
    FROM registry.persons AS persons
    WHERE persons.record_id IN (SELECT unnest([record_id_a, record_id_b]) FROM pairs WHERE level = 'person')
),

compared AS (
    -- What one side does not have is neither the same nor different. Of a birth date one side may know the year alone.
    SELECT
        pairs.match_id,
        list_transform(
            list_filter(list_zip(details_a.fields, details_b.fields), lambda pair:
                pair[1].value IS NOT NULL AND pair[2].value IS NOT NULL
            ),
            lambda pair: {'name': pair[1].field, 'likeness': likeness(pair[1].field, pair[1].value, pair[2].value)}
        ) AS fields
    FROM pairs
    INNER JOIN details AS details_a ON details_a.record_id = pairs.record_id_a
    INNER JOIN details AS details_b ON details_b.record_id = pairs.record_id_b
    WHERE pairs.level = 'person' AND pairs.record_id_a <> pairs.record_id_b
),

cases AS (
    SELECT
        pairs.*,
        coalesce(asked.record_pairs, []) AS record_pairs,
        asked.members_a,
        asked.members_b,
        array_to_string(list_transform(
            list_filter(compared.fields, lambda field: field.likeness <> 'different'),
            lambda field: field.name || if(field.likeness = 'nearly', '_nearly', '')
        ), ', ') AS same_fields,
        array_to_string(list_transform(
            list_filter(compared.fields, lambda field: field.likeness = 'different'), lambda field: field.name
        ), ', ') AS different_fields
    FROM pairs
    LEFT JOIN asked ON asked.match_id = pairs.match_id
    LEFT JOIN compared ON compared.match_id = pairs.match_id
),

sides AS (
    -- Both programs get the case; within one program it is one case, not two.
    SELECT
        *, program_a AS program, enrolment_id_a AS enrolment_id, record_id_a AS record_id,
        household_id_a AS household_id, status_a AS enrolment_status, members_a AS own_members,
        program_b AS other_program, status_b AS other_status, enrolment_id_b AS other_enrolment, record_id_b AS other_record
    FROM cases
    UNION ALL
    SELECT
        *, program_b, enrolment_id_b, record_id_b, household_id_b, status_b, members_b,
        program_a, status_a, enrolment_id_a, record_id_a
    FROM cases
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
    -- The same for both sides: what is asked, of which records.
    md5(concat_ws(
        '|', least(sides.enrolment_id, sides.other_enrolment), greatest(sides.enrolment_id, sides.other_enrolment),
        sides.level, array_to_string(list_transform(sides.record_pairs, lambda pair: pair.l || '~' || pair.r), '|')
    )) AS basis,
    sides.record_pairs,
    sides.record_id = sides.other_record AND sides.level = 'person' AS is_one_record,
    sides.enrolment_id,
    sides.other_enrolment AS other_enrolment_id,
    sides.both_still_paid AS is_still_paid,
    sides.record_id,
    sides.household_id,
    sides.enrolment_status,
    sides.level AS about,
    sides.own_members,
    sides.verdict,
    if(
        rules.rule_code IS NULL, phrase('no_rule'),
        phrase('rule', MAP {'rule': rules.rule_code, 'basis': rules.legal_basis})
    ) AS rule,
    sides.other_program,
    sides.other_status,
    nullif(sides.same_fields, '') AS same_fields,
    nullif(sides.different_fields, '') AS different_fields,
    CASE WHEN sides.program = sides.other_program THEN sides.other_enrolment END AS other_enrolment_shown,
    others.record_id AS other_record_id,
    others.full_name AS other_full_name,
    others.sex AS other_sex,
    others.birth_date AS other_birth_date,
    others.national_id_given AS other_national_id_given,
    others.phone AS other_phone,
    -- A household's pair counts from enrolment on, a person's from payment on.
    list_concat(sides.reason, phrase(
        CASE
            WHEN sides.both_still_paid THEN if(sides.level = 'person', 'both_still_paid', 'both_enrolled_still_paid')
            WHEN NOT sides.is_both_paid THEN 'both_enrolled_not_paid'
            ELSE if(sides.level = 'person', 'both_paid', 'both_enrolled')
        END,
        MAP {'from': sides.overlap_from::VARCHAR, 'to': sides.overlap_to::VARCHAR}
    )) AS evidence,
    sides.certainty,
    sides.money_at_stake AS amount_at_stake,
    phrase(
        CASE
            WHEN sides.match_verdict = 'review' THEN 'compare_files'
            WHEN sides.program = sides.other_program THEN 'keep_one_registration'
            WHEN sides.verdict = 'prohibited' THEN 'agree_which_stays'
            ELSE 'decide_whether_both'
        END,
        MAP {'program': sides.other_program}
    ) AS suggested_action
FROM sides
-- Of another program's record nothing is taken. One condition: with two, DuckDB compares all with all.
LEFT JOIN registry.persons AS others
    ON others.record_id = if(sides.program = sides.other_program, sides.other_record, NULL)
LEFT JOIN (SELECT DISTINCT ON (rule_code) rule_code, legal_basis FROM reference.overlap_rules) AS rules
    ON rules.rule_code = sides.rule_code
WHERE list_contains($programs::VARCHAR[], sides.program)
