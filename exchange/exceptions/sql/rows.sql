-- The rows of one sheet for one program: the finding, its state, and the program's own record.
-- Within the sheet's own order the most money first, then the surest.
SELECT
    found.* EXCLUDE (evidence_text, certainty),
    $run_id AS run_id,
    CASE known.status
        WHEN 'more_time' THEN 'need more time'
        WHEN 'to_confirm' THEN 'to be confirmed'
        ELSE known.status
    END AS state,
    known.first_found_at,
    date_diff('day', known.first_found_at, $run_date::DATE) AS days_open,
    answers.decision || coalesce(', ' || answers.action, '') || ', by ' || answers.decided_by
    || ' on ' || answers.decided_on || CASE
        WHEN NOT answers.is_current THEN '; there is new evidence since'
        WHEN answers.state = 'to_confirm' THEN '; a second person has to confirm it'
        WHEN answers.state = 'contested' THEN '; the other program decided otherwise'
        WHEN known.status = 'escalated' THEN '; both sides are still paid two cycles later'
        ELSE ''
    END AS own_answer,
    others.decision || CASE others.action
        -- Each program calls its own side "here".
        WHEN 'exit here' THEN ', exit there'
        WHEN 'exit there' THEN ', exit here'
        ELSE coalesce(', ' || others.action, '')
    END AS other_answer,
    (known.evidence ->> 'text') AS evidence_text,
    (known.evidence ->> 'certainty')::DOUBLE AS certainty,
    (known.evidence ->> 'same') AS same_when_found,
    (known.evidence ->> 'different') AS different_when_found,
    nullif(concat_ws(
        ' ',
        CASE WHEN (known.latest_evidence ->> 'text') <> (known.evidence ->> 'text') THEN (known.latest_evidence ->> 'text') END,
        CASE WHEN (known.latest_evidence ->> 'different') IS DISTINCT FROM (known.evidence ->> 'different') THEN
            'Different now: ' || coalesce(known.latest_evidence ->> 'different', 'nothing') || '.'
        END
    ), '') AS evidence_since,
    persons.full_name,
    persons.sex,
    persons.birth_date,
    persons.national_id_given,
    coalesce(persons.phone, households.phone) AS phone,
    areas.name AS county,
    households.area_given,
    households.village,
    row_number() OVER (
        ORDER BY {{ order }}found.amount_at_stake DESC, found.certainty DESC NULLS LAST, found.exception_id
    ) AS place
FROM {{ table }} AS found
INNER JOIN ops.exceptions AS known ON known.exception_id = found.exception_id
LEFT JOIN (
    FROM answers_now
    QUALIFY row_number() OVER (PARTITION BY exception_id ORDER BY is_current DESC, decision_id DESC) = 1
) AS answers ON answers.exception_id = found.exception_id
LEFT JOIN answers_now AS others
    ON others.basis = found.basis AND others.program <> found.program AND others.kind = 'duplicate'
LEFT JOIN registry.persons AS persons ON persons.record_id = found.record_id AND persons.program = found.program
LEFT JOIN registry.households AS households ON households.household_id = found.household_id
LEFT JOIN reference.areas AS areas ON areas.area_code = households.county_code
WHERE found.program = $program
