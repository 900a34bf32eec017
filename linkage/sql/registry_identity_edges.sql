-- How much every new group overlaps with every number given before.
-- A group is named by its smallest member, so that the engine's own labels change nothing.

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_groups AS
SELECT
    groups.member_id,
    names.group_key
FROM {{ groups }} AS groups
INNER JOIN (
    SELECT
        group_key AS given_key,
        min(member_id) AS group_key
    FROM {{ groups }}
    GROUP BY ALL
) AS names ON groups.group_key = names.given_key;

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_previous AS
SELECT
    {{ member_column }} AS member_id,
    {{ uid_column }} AS uid,
    true AS was_present
FROM linkage.{{ crosswalk }}
UNION ALL
SELECT
    retired.member_id,
    retired.uid,
    false
FROM linkage.uid_retired AS retired
ANTI JOIN linkage.{{ crosswalk }} AS present ON retired.member_id = present.{{ member_column }}
WHERE retired.uid_kind = '{{ kind }}';

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_edges AS
SELECT
    groups.group_key,
    previous.uid,
    count(*) FILTER (WHERE previous.was_present) AS present_overlap,
    count(*) AS overlap
FROM {{ work }}.{{ kind }}_groups AS groups
INNER JOIN {{ work }}.{{ kind }}_previous AS previous USING (member_id)
GROUP BY ALL;

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_assigned (group_key VARCHAR, uid VARCHAR, is_new BOOLEAN);
