-- Pairs of households that share persons, and how strong each tie is.
-- The persons of a household are its persons, not its records: registered twice in one list, a person counts once.

CREATE OR REPLACE TABLE {{ work }}.household_persons AS
SELECT
    persons.household_id,
    crosswalk.uid AS person_uid,
    bool_or(coalesce(persons.is_head, false)) AS is_head,
    bool_or(coalesce(persons.is_beneficiary, false)) AS is_beneficiary,
    bool_and(
        coalesce(persons.is_caregiver, false)
        AND NOT coalesce(persons.is_head, false)
        AND NOT coalesce(persons.is_beneficiary, false)
    ) AS is_only_caregiver
FROM {{ persons }} AS persons
INNER JOIN {{ work }}.person_crosswalk AS crosswalk ON persons.record_id = crosswalk.member_id
WHERE persons.household_id IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TABLE {{ work }}.household_sizes AS
SELECT
    household_id,
    count(*) AS size,
    count(*) FILTER (WHERE is_beneficiary) AS beneficiaries
FROM {{ work }}.household_persons
GROUP BY ALL;

-- Who stands for a household: its head, and the beneficiary where not simply everybody is one.
-- A person in very many households (an official collecting for a village) ties none of them: their pairs would
-- grow with the square of the households.
CREATE OR REPLACE TABLE {{ work }}.shared_persons AS
SELECT
    members.household_id,
    members.person_uid,
    members.is_head OR (members.is_beneficiary AND sizes.beneficiaries <= greatest(1, sizes.size // 2)) AS stands_for_it,
    members.is_only_caregiver,
    sizes.size
FROM {{ work }}.household_persons AS members
INNER JOIN {{ work }}.household_sizes AS sizes USING (household_id)
QUALIFY count(*) OVER (PARTITION BY members.person_uid) BETWEEN 2 AND {{ max_households_per_person }};

CREATE OR REPLACE TABLE {{ work }}.household_ties AS
WITH pairs AS (
    SELECT
        l.household_id AS household_id_l,
        r.household_id AS household_id_r,
        count(*) AS shared_persons,
        count(*) FILTER (WHERE NOT l.is_only_caregiver AND NOT r.is_only_caregiver) AS shared_members,
        bool_or(l.stands_for_it AND r.stands_for_it) AS shares_who_stands_for_it,
        least(any_value(l.size), any_value(r.size)) AS smaller_size
    FROM {{ work }}.shared_persons AS l
    INNER JOIN {{ work }}.shared_persons AS r ON l.person_uid = r.person_uid AND l.household_id < r.household_id
    GROUP BY ALL
)

SELECT
    *,
    shared_members >= 1 AND (shared_persons >= 2 OR smaller_size = 1 OR shares_who_stands_for_it) AS is_strong
FROM pairs;
