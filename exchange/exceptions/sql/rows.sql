-- The rows of one sheet for one program: the finding, its state, and the program's own record.
-- Within the sheet's own order the most money first, then the surest.
WITH told AS (
    -- Of evidence kept before there were phrases there is the English text, and names of details in the place of codes.
    SELECT
        exception_id,
        coalesce(phrases_of(evidence -> 'said'), as_written(evidence ->> 'text')) AS when_found,
        coalesce(phrases_of(latest_evidence -> 'said'), as_written(latest_evidence ->> 'text')) AS now,
        coalesce(evidence ->> 'said', evidence ->> 'text')
        = if((evidence ->> 'said') IS NULL, latest_evidence ->> 'text', latest_evidence ->> 'said') AS is_as_found,
        fields_of(evidence ->> 'same') AS same_when_found,
        fields_of(evidence ->> 'different') AS different_when_found,
        fields_of(latest_evidence ->> 'different') AS different_now,
        (evidence ->> 'certainty')::DOUBLE AS certainty
    FROM ops.exceptions
    WHERE program = $program
)

SELECT
    found.* EXCLUDE (evidence, certainty),
    $run_id AS run_id,
    known.status AS state,
    known.first_found_at,
    date_diff('day', known.first_found_at, $run_date::DATE) AS days_open,
    CASE WHEN answers.decision IS NOT NULL THEN list_concat(
        phrase(if(answers.action IS NULL, 'answer', 'answer_and_action'), MAP {
            'decision': answers.decision, 'action': answers.action, 'decided_by': answers.decided_by,
            'decided_on': answers.decided_on::VARCHAR
        }),
        CASE
            WHEN NOT answers.is_current THEN phrase('new_evidence')
            WHEN answers.state = 'to_confirm' THEN phrase('needs_second')
            WHEN answers.state = 'contested' THEN phrase('decided_otherwise')
            WHEN known.status = 'escalated' THEN phrase('still_paid_later')
        END
    ) END AS own_answer,
    CASE WHEN others.decision IS NOT NULL THEN
        phrase(if(others.action IS NULL, 'their_answer', 'their_answer_and_action'), MAP {
            'decision': others.decision,
            -- Each program calls its own side "here".
            'action': CASE others.action
                WHEN 'exit here' THEN 'exit there'
                WHEN 'exit there' THEN 'exit here'
                ELSE others.action
            END
        })
    END AS other_answer,
    -- The same words are the same phrases.
    if(told.is_as_found, told.now, told.when_found) AS evidence_when_found,
    told.certainty,
    told.same_when_found,
    told.different_when_found,
    list_concat(
        CASE WHEN NOT told.is_as_found THEN told.now END,
        CASE
            WHEN told.different_now IS NOT DISTINCT FROM told.different_when_found THEN NULL
            WHEN told.different_now IS NULL THEN phrase('nothing_different_now')
            ELSE phrase('different_now', MAP {'field': told.different_now})
        END
    ) AS evidence_since,
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
INNER JOIN told ON told.exception_id = found.exception_id
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
