-- A purpose, each word of it that is a name of somebody who was found replaced.
WITH names AS (
    SELECT list(DISTINCT name) AS found
    FROM (SELECT unnest(string_split({{ names }}, ' ')) AS name FROM people SEMI JOIN candidates USING (person_uid))
    WHERE name <> ''
),

words AS (
    SELECT unnest(string_split($purpose, ' ')) AS word, generate_subscripts(string_split($purpose, ' '), 1) AS place
)

SELECT string_agg(if(list_has_any(string_split({{ word }}, ' '), coalesce(found, [])), '…', word), ' ' ORDER BY place)
FROM words, names
