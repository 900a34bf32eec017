-- One row a person who may be meant: the record of theirs that agrees best. What could not be compared neither agrees nor
-- differs. By ID number whoever carries it may be meant; by name only whose names agree in two parts and whose birth date
-- does not differ. To whom asks within a scope, the record tells sex and year, not what other programs' records made of it.
CREATE OR REPLACE TABLE candidates AS
WITH judged AS (
    SELECT
        people.person_uid,
        people.is_by_id,
        list_filter([
            if(people.is_by_id, 'id', NULL),
            if(agreements.are_names_compared AND agreements.given_agrees AND agreements.family_agrees, 'name', NULL),
            CASE
                WHEN NOT agreements.is_birth_compared OR NOT agreements.birth_agrees THEN NULL
                WHEN agreements.is_birth_same THEN 'birth_date'
                ELSE 'birth_date_nearly'
            END
        ], lambda field: field IS NOT NULL) AS agrees,
        list_filter([
            if(agreements.are_names_compared AND NOT (agreements.given_agrees AND agreements.family_agrees), 'name', NULL),
            if(agreements.is_birth_compared AND NOT agreements.birth_agrees, 'birth_date', NULL)
        ], lambda field: field IS NOT NULL) AS differs,
        -- Asked for by a number that no record carries: whoever has another is another, or one of the two is mistyped.
        $is_id_asked AND people.has_id AND NOT people.is_by_id AS has_another_id,
        agreements.names_alike,
        agreements.name_parts,
        people.sex,
        people.birth_date
    FROM people
    INNER JOIN linkage_work.agreements AS agreements ON agreements.record_id = people.record_id
)

SELECT
    judged.person_uid,
    judged.agrees,
    if(judged.has_another_id, list_prepend('id', judged.differs), judged.differs) AS differs,
    if($is_limited, judged.sex, persons.sex) AS sex,
    year(if($is_limited, judged.birth_date, persons.birth_date)) AS birth_year,
    if($is_limited, NULL, areas.name) AS county,
    judged.names_alike
FROM judged
INNER JOIN snapshot.marts.dim_person AS persons ON persons.person_uid = judged.person_uid
LEFT JOIN snapshot.reference.areas AS areas ON areas.area_code = persons.county_code
WHERE judged.is_by_id
    OR (
        len(judged.differs) = 0
        AND list_contains(judged.agrees, 'name')
        AND judged.names_alike >= least($names_needed, judged.name_parts)
    )
QUALIFY row_number() OVER (
    PARTITION BY judged.person_uid
    ORDER BY
        len(judged.differs), len(judged.agrees) DESC, list_contains(judged.agrees, 'birth_date') DESC, judged.names_alike DESC
) = 1
