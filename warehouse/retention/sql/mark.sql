-- The marks are what is past its time now: who has come back, or is looked into again, is marked no more.
DELETE FROM ops.past_retention
WHERE NOT EXISTS (SELECT 1 FROM past WHERE past.kind = past_retention.kind AND past.id = past_retention.id);

INSERT INTO ops.past_retention
SELECT past.kind, past.id, past.person_uid, $applied_on::DATE
FROM past
WHERE NOT EXISTS (SELECT 1 FROM ops.past_retention AS marked WHERE marked.kind = past.kind AND marked.id = past.id);

-- Without names nothing could say any more that two records are one person: what linkage found is kept as a decision, so
-- that counts of persons stay as they are. People have the last word. A record that they took apart from another of the
-- person is left out, for a chain of decisions "same" would join the two all the same; and the rest are as old as their
-- marks, for of two decisions on a pair the later one counts.
DELETE FROM linkage.decisions WHERE kind = 'retention';

INSERT INTO linkage.decisions
WITH taken_apart AS (
    SELECT later.id
    FROM linkage.decisions AS decided
    INNER JOIN ops.past_retention AS earlier
        ON earlier.kind = 'record' AND earlier.id = least(decided.record_id_l, decided.record_id_r)
    INNER JOIN ops.past_retention AS later
        ON later.kind = 'record'
        AND later.id = greatest(decided.record_id_l, decided.record_id_r)
        AND later.person_uid = earlier.person_uid
    WHERE decided.decision = 'different'
)

SELECT
    printf('R%08d', row_number() OVER (ORDER BY id)), 'retention', lag(id) OVER of_person, id, 'same', 'retention',
    greatest(lag(applied_on) OVER of_person, applied_on)
FROM ops.past_retention
WHERE kind = 'record' AND id NOT IN (FROM taken_apart)
WINDOW of_person AS (PARTITION BY person_uid ORDER BY id)
QUALIFY lag(id) OVER of_person IS NOT NULL;
