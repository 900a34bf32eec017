-- Inside the caller's transaction: the new numbers take the old ones' place.

CREATE OR REPLACE TABLE linkage.{{ crosswalk }} AS
SELECT
    member_id AS {{ member_column }},
    uid AS {{ uid_column }}
FROM {{ work }}.{{ kind }}_crosswalk;

INSERT INTO linkage.uid_events
SELECT
    '{{ run_id }}',
    '{{ kind }}',
    event,
    uid,
    other_uid
FROM {{ work }}.{{ kind }}_events
ORDER BY event, uid, other_uid;

DELETE FROM linkage.uid_retired WHERE uid_kind = '{{ kind }}';
INSERT INTO linkage.uid_retired
SELECT
    '{{ kind }}',
    member_id,
    uid
FROM {{ work }}.{{ kind }}_retired;

INSERT OR REPLACE INTO linkage.uid_high_water
SELECT
    '{{ kind }}',
    last_number
FROM {{ work }}.{{ kind }}_high_water;
