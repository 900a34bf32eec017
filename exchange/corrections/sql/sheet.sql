-- The open requests of a program, the oldest first, in the language that the connection speaks (exchange/exceptions/words).
CREATE OR REPLACE TEMP TABLE correction_rows AS
SELECT
    states.correction_id,
    persons.full_name,
    states.record_id,
    persons.household_id,
    word_of('field', states.field) AS field_name,
    states.value_held,
    states.value_said,
    states.evidence,
    states.requested_on,
    greatest(date_diff('day', states.requested_on, $run_date::DATE), 0) AS days_open,
    word('corrections.what_to_do') AS what_to_do,
    row_number() OVER (ORDER BY states.requested_on, states.correction_id) AS place
FROM ({{ states }}) AS states
INNER JOIN registry.persons AS persons ON persons.record_id = states.record_id
WHERE states.program = $program AND states.state = 'open'
