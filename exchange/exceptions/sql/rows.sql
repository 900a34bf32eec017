-- The rows of one sheet for one program: the finding, its state, and the program's own record.
-- Within the sheet's own order the most money first, then the surest.
SELECT
    found.* EXCLUDE (evidence_text),
    known.status AS state,
    known.first_found_at,
    date_diff('day', known.first_found_at, $run_date::DATE) AS days_open,
    known.evidence ->> 'text' AS evidence_text,
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
LEFT JOIN registry.persons AS persons ON persons.record_id = found.record_id AND persons.program = found.program
LEFT JOIN registry.households AS households ON households.household_id = found.household_id
LEFT JOIN reference.areas AS areas ON areas.area_code = households.county_code
WHERE found.program = $program
