-- A person's number, the numbers that became it, and the records of all of them, now and before they left their source.
WITH RECURSIVE numbers AS (
    SELECT uid
    FROM (
        SELECT person_uid AS uid FROM linkage.persons_crosswalk
        UNION ALL
        SELECT uid FROM linkage.uid_events WHERE uid_kind = 'person'
    )
    WHERE uid = $person_uid
    UNION
    SELECT events.uid
    FROM linkage.uid_events AS events
    INNER JOIN numbers ON numbers.uid = events.other_uid
    WHERE events.uid_kind = 'person' AND events.event = 'merged'
)

SELECT uid AS identifier FROM numbers
UNION
SELECT crosswalk.record_id
FROM linkage.persons_crosswalk AS crosswalk
INNER JOIN numbers ON numbers.uid = crosswalk.person_uid
UNION
SELECT retired.member_id
FROM linkage.uid_retired AS retired
INNER JOIN numbers ON numbers.uid = retired.uid
WHERE retired.uid_kind = 'person'
ORDER BY identifier
