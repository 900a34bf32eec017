-- One person's particulars beside each of many records, in the shapes that verification compares.
CREATE OR REPLACE TABLE {{ work }}.asked AS
SELECT
    people.record_id,
    people.record_id AS national_id,
    NULL::VARCHAR AS given_name,
    NULL::VARCHAR AS middle_name,
    NULL::VARCHAR AS family_name,
    asked.full_name,
    asked.birth_date,
    'day' AS birth_date_precision,
    asked.sex
FROM {{ people }} AS people
CROSS JOIN {{ asked }} AS asked;

CREATE OR REPLACE TABLE {{ work }}.beside AS
SELECT
    record_id AS register_id,
    record_id AS national_id,
    NULL::VARCHAR AS given_name,
    NULL::VARCHAR AS middle_name,
    NULL::VARCHAR AS family_name,
    full_name,
    birth_date,
    sex
FROM {{ people }};
