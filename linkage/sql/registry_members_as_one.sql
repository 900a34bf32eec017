-- Records of members of one household, as one source lists them with other given names and other birth dates, that were
-- taken for one person. A person listed twice has one of the two right nearly always.

SELECT coalesce(sum(records), 0)::BIGINT
FROM (
    SELECT count(*) AS records
    FROM {{ work }}.clusters AS clusters
    INNER JOIN {{ persons }} AS persons USING (record_id)
    WHERE persons.household_id IS NOT NULL AND persons.given_name IS NOT NULL AND persons.birth_date IS NOT NULL
    GROUP BY clusters.entity_id, persons.source, persons.household_id
    HAVING count(DISTINCT lower(persons.given_name)) > 1 AND count(DISTINCT persons.birth_date) > 1
);
