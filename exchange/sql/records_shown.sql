-- The records in records_to_show as people are shown them: all text. Numbers as people gave them, dates in one form.
CREATE OR REPLACE TEMP TABLE records_shown AS
WITH others AS (
    SELECT
        records.record_id,
        string_agg(members.full_name, ', ' ORDER BY members.full_name, members.record_id) AS household
    FROM records_to_show AS records
    INNER JOIN registry.persons AS persons ON records.record_id = persons.record_id
    INNER JOIN registry.persons AS members
        ON persons.household_id = members.household_id AND persons.record_id <> members.record_id
    GROUP BY records.record_id
)

SELECT
    persons.record_id,
    coalesce(persons.full_name, concat_ws(' ', persons.given_name, persons.middle_name, persons.family_name)) AS full_name,
    persons.sex,
    CASE
        WHEN persons.birth_date IS NULL THEN persons.birth_date_given
        WHEN persons.birth_date_precision IN ('year', 'month')
            THEN left(persons.birth_date::VARCHAR, if(persons.birth_date_precision = 'year', 4, 7))
                || ' (' || persons.birth_date_precision || ' only)'
        ELSE persons.birth_date::VARCHAR
    END AS birth_date,
    coalesce(persons.national_id_given, persons.national_id) AS national_id,
    persons.birth_certificate_no,
    persons.phone,
    persons.relationship_to_head AS relationship,
    concat_ws(', ', persons.area_given, households.village) AS area,
    left(others.household, 400) AS household,
    persons.program
FROM records_to_show AS records
INNER JOIN registry.persons AS persons ON records.record_id = persons.record_id
LEFT JOIN registry.households AS households ON persons.household_id = households.household_id
LEFT JOIN others ON records.record_id = others.record_id
