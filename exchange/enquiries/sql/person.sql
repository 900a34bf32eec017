-- What the population register says of a person; where it could not be asked about any of their records, why.
SELECT
    persons.verification_status,
    CASE WHEN persons.verification_status = 'could_not_check' THEN records.could_not_check_reason END AS reason,
    persons.death_date,
    persons.emigrated_date
FROM snapshot.marts.dim_person AS persons
LEFT JOIN (
    SELECT person_uid, min(could_not_check_reason) AS could_not_check_reason
    FROM snapshot.marts.rpt_verification
    WHERE person_uid = $person_uid
    GROUP BY person_uid
) AS records ON records.person_uid = persons.person_uid
WHERE persons.person_uid = $person_uid
