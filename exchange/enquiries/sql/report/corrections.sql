SELECT
    correction_id, program, record_id, field, value_held, value_said, evidence, requested_on, requested_by, closed_as,
    closed_reason, closed_on
FROM ops.corrections
WHERE person_uid = $person_uid OR record_id IN (SELECT record_id FROM held_records)
ORDER BY correction_id
