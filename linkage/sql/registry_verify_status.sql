-- The status of each record, from its own evidence first and from its person's other records second.

CREATE OR REPLACE TABLE {{ work }}.verify_evidence AS
WITH users_of_ids AS (
    -- Clusters with a record that agrees with the ID's owner are the owner's, whether or not the engine joined them.
    SELECT
        persons.national_id,
        if(bool_or(len(by_id.mismatched_fields) = 0), 'owner', crosswalk.uid) AS id_user
    FROM {{ persons }} AS persons
    INNER JOIN {{ work }}.person_crosswalk AS crosswalk ON persons.record_id = crosswalk.member_id
    LEFT JOIN {{ work }}.verify_id AS by_id ON persons.record_id = by_id.record_id
    WHERE persons.national_id IS NOT NULL
    GROUP BY persons.national_id, crosswalk.uid
),

id_users AS (
    SELECT
        national_id,
        count(DISTINCT id_user) AS users
    FROM users_of_ids
    GROUP BY ALL
    HAVING count(DISTINCT id_user) > 1
),

found AS (
    SELECT * FROM {{ matches }} WHERE verdict = 'match'
),

nearly AS (
    SELECT
        found.record_id,
        population.national_id <> persons.national_id AS has_another_id,
        damerau_levenshtein(population.national_id, persons.national_id) = 1 AS is_mistyped
    FROM found
    INNER JOIN {{ persons }} AS persons ON found.record_id = persons.record_id
    INNER JOIN {{ register }} AS population ON found.register_id = population.register_id
    WHERE persons.national_id IS NOT NULL AND population.national_id IS NOT NULL
)

SELECT
    persons.record_id,
    crosswalk.uid AS person_uid,
    {{ can_be_checked }} AS can_be_checked,
    -- Somebody else's ID, unless the register's person has nearly the same one: then it is mistyped.
    id_users.users IS NOT NULL
    OR (coalesce(by_id.is_somebody_else, false) AND NOT coalesce(nearly.is_mistyped, false)) AS id_is_shared,
    CASE WHEN NOT by_id.is_somebody_else THEN by_id.register_id END AS id_register_id,
    by_id.mismatched_fields,
    -- The other evidence finds somebody to whom the register gave another ID: the record's is wrong.
    (by_id.record_id IS NULL OR len(by_id.mismatched_fields) > 0) AND nearly.has_another_id AS id_is_wrong,
    found.register_id AS key_register_id,
    proposed.match_key,
    proposed.match_probability,
    proposed.runner_up_probability
FROM {{ persons }} AS persons
LEFT JOIN {{ work }}.person_crosswalk AS crosswalk ON persons.record_id = crosswalk.member_id
LEFT JOIN {{ work }}.verify_id AS by_id ON persons.record_id = by_id.record_id
LEFT JOIN id_users ON persons.national_id = id_users.national_id
LEFT JOIN {{ matches }} AS proposed ON persons.record_id = proposed.record_id
LEFT JOIN found ON persons.record_id = found.record_id
LEFT JOIN nearly ON persons.record_id = nearly.record_id;

-- Whom the person's best record says it is: an ID that agrees in everything, then the surest match key.
CREATE OR REPLACE TABLE {{ work }}.verify_person AS
SELECT
    person_uid,
    record_id AS evidence_record_id,
    coalesce(if(len(mismatched_fields) = 0, id_register_id, NULL), key_register_id) AS register_id,
    len(mismatched_fields) = 0 AS is_by_id
FROM {{ work }}.verify_evidence
WHERE
    person_uid IS NOT NULL
    AND ((id_register_id IS NOT NULL AND len(mismatched_fields) = 0) OR key_register_id IS NOT NULL)
QUALIFY
    row_number() OVER (
        PARTITION BY person_uid
        ORDER BY coalesce(len(mismatched_fields) = 0, false) DESC, match_probability DESC NULLS LAST, record_id
    ) = 1;

CREATE OR REPLACE TABLE {{ work }}.verification AS
WITH decided AS (
    SELECT
        evidence.*,
        CASE
            WHEN NOT evidence.can_be_checked THEN NULL
            WHEN
                evidence.id_register_id IS NOT NULL
                AND (NOT evidence.id_is_shared OR len(evidence.mismatched_fields) = 0)
                AND NOT coalesce(evidence.id_is_wrong, false)
                THEN 'national_id'
            -- The same person's ID outweighs what this record alone was matched to.
            WHEN person.is_by_id AND person.register_id IS DISTINCT FROM evidence.key_register_id THEN 'same_person'
            WHEN evidence.key_register_id IS NOT NULL THEN evidence.match_key
            WHEN person.register_id IS NOT NULL THEN 'same_person'
        END AS evidence_level,
        person.register_id AS person_register_id
    FROM {{ work }}.verify_evidence AS evidence
    LEFT JOIN {{ work }}.verify_person AS person USING (person_uid)
),

named AS (
    SELECT
        *,
        CASE evidence_level
            WHEN 'national_id' THEN id_register_id
            WHEN 'same_person' THEN person_register_id
            WHEN match_key THEN key_register_id
        END AS register_id
    FROM decided
),

reached AS (
    SELECT
        named.*,
        CASE
            WHEN NOT named.can_be_checked THEN 'not_enough_details'
            -- Whom no register knows is not found only where every register said so.
            WHEN named.register_id IS NULL AND named.mismatched_fields IS NULL THEN unasked.reason
        END AS could_not_check_reason,
        -- Here and not in the join below: DuckDB compares all with all where a join asks more of the left side.
        if(could_not_check_reason = 'answer_out_of_date', named.record_id, NULL) AS known_record_id
    FROM named
    LEFT JOIN {{ unasked }} AS unasked ON named.record_id = unasked.record_id
)

SELECT
    reached.record_id,
    CASE
        WHEN reached.could_not_check_reason IS NOT NULL THEN 'could_not_check'
        WHEN reached.id_is_shared THEN 'id_shared'
        WHEN population.death_date <= DATE '{{ reporting_date }}' OR (population.is_deceased AND population.death_date IS NULL)
            THEN 'deceased'
        WHEN len(reached.mismatched_fields) > 0 OR reached.id_is_wrong THEN 'mismatch'
        WHEN reached.evidence_level = 'national_id' THEN 'verified'
        WHEN reached.register_id IS NOT NULL THEN 'found_by_match_key'
        ELSE 'not_found'
    END AS status,
    coalesce(reached.register_id, known.register_id) AS register_id,
    coalesce(reached.evidence_level, known.match_key) AS match_key,
    if(
        reached.could_not_check_reason IS NULL
        AND reached.register_id IS NOT DISTINCT FROM coalesce(reached.key_register_id, reached.register_id),
        reached.match_probability, NULL
    ) AS match_probability,
    if(reached.could_not_check_reason IS NULL, reached.runner_up_probability, NULL) AS runner_up_probability,
    CASE
        WHEN reached.could_not_check_reason IS NOT NULL THEN []::VARCHAR []
        -- What differs is told of the person the record is taken for, not of the one whose ID it carries.
        WHEN reached.id_is_wrong AND NOT reached.id_is_shared THEN ['national_id']
        ELSE coalesce(reached.mismatched_fields, []::VARCHAR [])
    END AS mismatched_fields,
    coalesce(population.death_date, known.register_death_date) AS register_death_date,
    coalesce(population.emigrated_date, known.register_emigrated_date) AS register_emigrated_date,
    reached.could_not_check_reason
FROM reached
LEFT JOIN {{ register }} AS population ON reached.register_id = population.register_id
-- An answer that is too old says nothing new; whom it spoke of, and that person's death, are known still.
LEFT JOIN {{ earlier }} AS known ON reached.known_record_id = known.record_id;
