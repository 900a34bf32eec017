-- Every request beside the record as it is now. It is open until the record says otherwise, or somebody closed it:
-- corrected          the record says what the person says
-- changed_otherwise  the record was changed, to something else
-- record_gone        the program holds the record no more, or it is no beneficiary's
-- refused, withdrawn closed by people, with their reason
SELECT
    corrections.*,
    now.value AS value_now,
    CASE
        WHEN corrections.closed_as IS NOT NULL THEN corrections.closed_as
        WHEN now.record_id IS NULL THEN 'record_gone'
        WHEN lower(now.value) IS NOT DISTINCT FROM lower(corrections.value_said) THEN 'corrected'
        WHEN now.value IS DISTINCT FROM corrections.value_held THEN 'changed_otherwise'
        ELSE 'open'
    END AS state
FROM ops.corrections AS corrections
LEFT JOIN (
    SELECT
        requested.correction_id, persons.record_id, to_json(persons) ->> requested.field AS value
    FROM ops.corrections AS requested
    INNER JOIN registry.persons AS persons ON persons.record_id = requested.record_id
) AS now ON now.correction_id = corrections.correction_id
