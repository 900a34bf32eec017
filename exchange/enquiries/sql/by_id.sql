-- The records that carry the ID number asked for.
SELECT record_id, person_uid, full_name, birth_date, sex, true AS is_by_id, true AS has_id
FROM snapshot.marts.rpt_verification
WHERE person_uid IS NOT NULL AND {{ same_identifier }}
    AND ($program::VARCHAR IS NULL OR program = $program) AND ($county::VARCHAR IS NULL OR county_code = $county)
