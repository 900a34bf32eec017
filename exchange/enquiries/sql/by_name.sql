-- The records that may be of the person by name: born in the same year or one beside it, or, where no date was asked
-- for, with one of the names. Only these are compared.
SELECT record_id, person_uid, full_name, birth_date, sex, false AS is_by_id, ({{ identifier }}) IS NOT NULL AS has_id
FROM snapshot.marts.rpt_verification
WHERE person_uid IS NOT NULL
    AND ($program::VARCHAR IS NULL OR program = $program) AND ($county::VARCHAR IS NULL OR county_code = $county)
    AND CASE
        WHEN $birth_date::DATE IS NULL THEN list_has_any(string_split({{ folded }}, ' '), $names::VARCHAR[])
        ELSE birth_date IS NULL AND list_has_any(string_split({{ folded }}, ' '), $names::VARCHAR[])
            OR year(birth_date) BETWEEN year($birth_date::DATE) - 1 AND year($birth_date::DATE) + 1
    END
