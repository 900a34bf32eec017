-- Registers that are asked by ID beside those that are mirrored whole.

CREATE TABLE {{ work }}.believed AS
SELECT source, national_id, outcome FROM {{ answers }}
WHERE outcome <> 'unanswered' AND {% if use_last_good %}true{% else %}NOT is_out_of_date{% endif %};

CREATE VIEW {{ work }}.register_believed AS
SELECT population.* FROM {{ population }} AS population
SEMI JOIN {{ work }}.believed AS believed
    ON population.source = believed.source AND population.national_id = believed.national_id AND believed.outcome = 'found'
{%- if is_whole_used %}
UNION ALL
SELECT * FROM {{ whole }}
{%- else %};

-- Nobody is searched for.
CREATE TABLE {{ work }}.matches (
    record_id VARCHAR, register_id VARCHAR, match_key VARCHAR, match_probability DOUBLE, verdict VARCHAR,
    runner_up_probability DOUBLE
)
{%- endif %};

CREATE TABLE {{ work }}.unasked AS
WITH registers AS (
    SELECT source FROM {{ asked_by_id }}
),

silent AS (
    SELECT
        persons.record_id,
        CASE
            WHEN persons.national_id IS NULL THEN 'no_id_to_ask_with'
            WHEN answers.national_id IS NULL THEN 'not_asked_yet'
            WHEN answers.outcome = 'unanswered' THEN answers.reason
            WHEN believed.national_id IS NULL THEN 'answer_out_of_date'
            -- An answer that staging refused.
            WHEN believed.outcome = 'found' AND population.register_id IS NULL THEN 'answer_unusable'
        END AS reason
    FROM {{ persons }} AS persons
    CROSS JOIN registers
    LEFT JOIN {{ answers }} AS answers
        ON registers.source = answers.source AND persons.national_id = answers.national_id
    LEFT JOIN {{ work }}.believed AS believed
        ON registers.source = believed.source AND persons.national_id = believed.national_id
    LEFT JOIN {{ population }} AS population
        ON registers.source = population.source AND persons.national_id = population.national_id
    {%- if is_whole_silent %}
    UNION ALL
    SELECT record_id, 'register_not_available' AS reason FROM {{ persons }}
    {%- endif %}
)

SELECT record_id, min(reason) AS reason
FROM silent
WHERE reason IS NOT NULL
GROUP BY record_id;
