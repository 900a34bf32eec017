-- New numbers, the crosswalk, what happened to every number, and who is remembered.

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_high_water AS
SELECT coalesce(max(number), 0)::BIGINT AS last_number
FROM (
    SELECT last_number AS number FROM linkage.uid_high_water WHERE uid_kind = '{{ kind }}'
    UNION ALL
    SELECT max(substr(uid, 2)::BIGINT) FROM {{ work }}.{{ kind }}_previous
    UNION ALL
    SELECT max(substr(uid, 2)::BIGINT) FROM linkage.uid_events WHERE uid_kind = '{{ kind }}'
);

INSERT INTO {{ work }}.{{ kind }}_assigned
SELECT
    fresh.group_key,
    format('{{ prefix }}{:09d}', mark.last_number + row_number() OVER (ORDER BY fresh.group_key)),
    true
FROM (
    SELECT DISTINCT groups.group_key
    FROM {{ work }}.{{ kind }}_groups AS groups
    ANTI JOIN {{ work }}.{{ kind }}_assigned AS assigned USING (group_key)
) AS fresh
CROSS JOIN {{ work }}.{{ kind }}_high_water AS mark;

UPDATE {{ work }}.{{ kind }}_high_water
SET last_number = last_number + (SELECT count(*) FROM {{ work }}.{{ kind }}_assigned WHERE is_new);

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_crosswalk AS
SELECT
    groups.member_id,
    assigned.uid
FROM {{ work }}.{{ kind }}_groups AS groups
INNER JOIN {{ work }}.{{ kind }}_assigned AS assigned USING (group_key);

-- Members that changed their number, by where they went. The main way of a number that is gone is its merger.
CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_flows AS
SELECT
    previous.uid AS from_uid,
    crosswalk.uid AS to_uid,
    kept.uid IS NULL AND row_number() OVER (
        PARTITION BY previous.uid ORDER BY count(*) DESC, length(crosswalk.uid), crosswalk.uid
    ) = 1 AS is_merger
FROM {{ work }}.{{ kind }}_previous AS previous
INNER JOIN {{ work }}.{{ kind }}_crosswalk AS crosswalk
    ON previous.member_id = crosswalk.member_id AND previous.uid <> crosswalk.uid
LEFT JOIN {{ work }}.{{ kind }}_assigned AS kept ON previous.uid = kept.uid
GROUP BY previous.uid, crosswalk.uid, kept.uid;

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_events AS
WITH present_before AS (
    SELECT DISTINCT uid FROM {{ work }}.{{ kind }}_previous WHERE was_present
)

SELECT
    'created' AS event,
    assigned.uid,
    NULL AS other_uid
FROM {{ work }}.{{ kind }}_assigned AS assigned
ANTI JOIN {{ work }}.{{ kind }}_flows AS flows ON assigned.uid = flows.to_uid
WHERE assigned.is_new
UNION ALL
-- A number that comes back with its member is created again, by itself.
SELECT
    'created',
    assigned.uid,
    assigned.uid
FROM {{ work }}.{{ kind }}_assigned AS assigned
ANTI JOIN present_before ON assigned.uid = present_before.uid
WHERE NOT assigned.is_new
UNION ALL
SELECT
    if(is_merger, 'merged', 'split'),
    if(is_merger, from_uid, to_uid),
    if(is_merger, to_uid, from_uid)
FROM {{ work }}.{{ kind }}_flows
UNION ALL
SELECT
    'retired',
    present_before.uid,
    NULL
FROM present_before
ANTI JOIN {{ work }}.{{ kind }}_assigned AS assigned ON present_before.uid = assigned.uid
ANTI JOIN {{ work }}.{{ kind }}_flows AS flows ON present_before.uid = flows.from_uid;

-- Absent members follow a merger, or else a number that is gone would come back with them.
CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_retired AS
SELECT
    previous.member_id,
    coalesce(merger.to_uid, previous.uid) AS uid
FROM {{ work }}.{{ kind }}_previous AS previous
ANTI JOIN {{ work }}.{{ kind }}_groups AS groups ON previous.member_id = groups.member_id
LEFT JOIN {{ work }}.{{ kind }}_flows AS merger ON previous.uid = merger.from_uid AND merger.is_merger;
