-- Every record whose ID is in the register, beside the register's person, with what agrees exactly.

CREATE OR REPLACE TEMP MACRO name_tokens(name) AS
    list_filter(
        string_split(
            regexp_replace(regexp_replace(lower(strip_accents(name)), '[''’`]', '', 'g'), '[{{ signs }}]+', ' ', 'g'), ' '
        ),
        lambda token: token <> ''
    );

-- A date that stands for its year only, as clerks write it.
CREATE OR REPLACE TEMP MACRO is_year_only(day) AS (dayofyear(day) = 1 OR strftime(day, '%m%d') = '0701');

CREATE OR REPLACE TABLE {{ work }}.verify_by_id AS
WITH joined AS (
    SELECT
        persons.record_id,
        population.register_id,
        -- In one list, so that the patterns of name_tokens are made ready once: 2 ms each, as long as comparing a person.
        list_transform([
            coalesce(persons.given_name, ''),
            coalesce(persons.family_name, ''),
            coalesce(persons.full_name, concat_ws(' ', persons.given_name, persons.middle_name, persons.family_name)),
            coalesce(population.given_name, ''),
            coalesce(population.family_name, ''),
            coalesce(population.full_name, concat_ws(' ', population.given_name, population.middle_name, population.family_name))
        ], lambda name: name_tokens(name)) AS names,
        persons.birth_date AS record_birth,
        population.birth_date AS register_birth,
        coalesce(persons.birth_date_precision, 'day') AS birth_precision,
        persons.sex AS record_sex,
        population.sex AS register_sex
    FROM {{ persons }} AS persons
    INNER JOIN {{ register }} AS population ON persons.national_id = population.national_id
),

taken_apart AS (
    SELECT
        * EXCLUDE (names),
        names[1] AS record_given,
        names[2] AS record_family,
        names[3] AS record_names,
        names[4] AS register_given,
        names[5] AS register_family,
        names[6] AS register_names
    FROM joined
),

parts AS (
    SELECT
        * REPLACE (
            if(len(record_given) = 0, record_names[1:1], record_given) AS record_given,
            if(len(record_family) = 0 AND len(record_names) > 1, record_names[-1:], record_family) AS record_family,
            if(len(register_given) = 0, register_names[1:1], register_given) AS register_given,
            if(len(register_family) = 0 AND len(register_names) > 1, register_names[-1:], register_family) AS register_family
        )
    FROM taken_apart
)

SELECT
    record_id,
    register_id,
    record_given,
    record_family,
    record_names,
    register_given,
    register_family,
    register_names,
    -- A part agrees where it stands anywhere on the other side: names are swapped, and middle names are used as given.
    len(record_names) = 0 OR len(register_names) = 0
    OR list_has_any(record_given, register_names) OR list_has_any(register_given, record_names) AS given_agrees,
    len(record_family) = 0 OR len(register_family) = 0
    OR list_has_any(record_family, register_names) OR list_has_any(register_family, record_names) AS family_agrees,
    CASE
        WHEN record_birth IS NULL OR register_birth IS NULL OR record_birth = register_birth THEN true
        -- Ages are rounded and years are counted from either end: a year more or less is no other person.
        WHEN birth_precision = 'year' OR is_year_only(record_birth) OR is_year_only(register_birth)
            THEN abs(year(record_birth) - year(register_birth)) <= 1
        WHEN birth_precision = 'month' AND date_trunc('month', record_birth) = date_trunc('month', register_birth) THEN true
        ELSE
            abs(date_diff('day', record_birth, register_birth)) <= 367
            OR (
                year(record_birth) = year(register_birth)
                AND month(record_birth) = day(register_birth) AND day(record_birth) = month(register_birth)
            )
    END AS birth_agrees,
    record_birth IS NOT NULL AND register_birth IS NOT NULL AS birth_is_compared,
    record_sex IS NULL OR register_sex IS NULL OR record_sex = register_sex AS sex_agrees
FROM parts;

-- Names that do not agree letter by letter: token against token, known variants first.
CREATE OR REPLACE TABLE {{ work }}.verify_names AS
WITH open AS (
    SELECT * FROM {{ work }}.verify_by_id WHERE NOT given_agrees OR NOT family_agrees
),

record_tokens AS (
    SELECT
        open.record_id,
        open.register_id,
        open.birth_is_compared AND open.birth_agrees AS is_born_alike,
        coalesce(variants.canonical, tokens.token) AS token,
        list_contains(open.record_given, tokens.token) AS is_given,
        list_contains(open.record_family, tokens.token) AS is_family
    FROM open, unnest(open.record_names) AS tokens (token)
    LEFT JOIN {{ work }}.name_variants AS variants ON tokens.token = variants.name
),

register_tokens AS (
    SELECT
        open.record_id,
        open.register_id,
        coalesce(variants.canonical, tokens.token) AS token,
        list_contains(open.register_given, tokens.token) AS is_given,
        list_contains(open.register_family, tokens.token) AS is_family
    FROM open, unnest(open.register_names) AS tokens (token)
    LEFT JOIN {{ work }}.name_variants AS variants ON tokens.token = variants.name
),

alike AS (
    SELECT
        l.record_id,
        l.register_id,
        l.is_given OR r.is_given AS is_given,
        l.is_family OR r.is_family AS is_family,
        CASE
            WHEN least(length(l.token), length(r.token)) = 1 THEN l.token[1] = r.token[1]
            WHEN jaro_winkler_similarity(l.token, r.token) >= {{ name_similarity }} THEN true
            -- With ID and birth date the same, it takes more to be somebody else than a slip of the pen or a short form.
            WHEN l.is_born_alike
                THEN
                    jaro_winkler_similarity(l.token, r.token) >= {{ name_similarity_born_alike }}
                    OR damerau_levenshtein(l.token, r.token) <= 1
                    OR left(l.token, 3) = left(r.token, 3)
            ELSE false
        END AS is_alike
    FROM record_tokens AS l
    INNER JOIN register_tokens AS r ON l.record_id = r.record_id AND l.register_id = r.register_id
    WHERE l.is_given OR r.is_given OR l.is_family OR r.is_family
)

SELECT
    record_id,
    register_id,
    bool_or(is_given AND is_alike) AS given_agrees,
    bool_or(is_family AND is_alike) AS family_agrees
FROM alike
GROUP BY ALL;

-- One register person a record: an ID that the register holds twice is read in the record's favour.
CREATE OR REPLACE TABLE {{ work }}.verify_id AS
SELECT
    exact.record_id,
    exact.register_id,
    exact.given_agrees OR coalesce(names.given_agrees, false) AS given_agrees,
    exact.family_agrees OR coalesce(names.family_agrees, false) AS family_agrees,
    exact.birth_agrees,
    exact.sex_agrees,
    list_filter(
        [
            if(NOT (exact.given_agrees OR coalesce(names.given_agrees, false)), 'given_name', NULL),
            if(NOT (exact.family_agrees OR coalesce(names.family_agrees, false)), 'family_name', NULL),
            if(NOT exact.birth_agrees, 'birth_date', NULL),
            if(NOT exact.sex_agrees, 'sex', NULL)
        ],
        lambda field: field IS NOT NULL
    ) AS mismatched_fields,
    -- Somebody else's ID: another given name, and another birth date, or without dates another family name.
    NOT (exact.given_agrees OR coalesce(names.given_agrees, false))
    AND CASE
        WHEN exact.birth_is_compared THEN NOT exact.birth_agrees
        ELSE NOT (exact.family_agrees OR coalesce(names.family_agrees, false))
    END AS is_somebody_else
FROM {{ work }}.verify_by_id AS exact
LEFT JOIN {{ work }}.verify_names AS names USING (record_id, register_id)
QUALIFY row_number() OVER (PARTITION BY exact.record_id ORDER BY len(mismatched_fields), exact.register_id) = 1;
