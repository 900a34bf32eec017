-- l-diversity: how many values a sensitive field has among those who are alike.
WITH spread AS (
    SELECT
        sensitive.field,
        signatures.kind,
        signatures.signature,
        count(DISTINCT coalesce(sensitive.value, chr(0))) AS distinct_values,
        count(DISTINCT signatures.subject) AS people
    FROM sharing_sensitive AS sensitive
    INNER JOIN sharing_signatures AS signatures
        ON signatures.kind = sensitive.kind AND signatures.unit = sensitive.unit
    GROUP BY ALL
)

SELECT
    field,
    min(distinct_values) AS fewest_values,
    coalesce(sum(people) FILTER (WHERE distinct_values < $distinct_values), 0)::BIGINT AS people_told
FROM spread
GROUP BY field
ORDER BY field
