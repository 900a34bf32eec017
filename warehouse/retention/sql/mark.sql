-- The marks are what is past its time now: who has come back, or is looked into again, is marked no more.
DELETE FROM ops.past_retention
WHERE NOT EXISTS (SELECT 1 FROM past WHERE past.kind = past_retention.kind AND past.id = past_retention.id);

INSERT INTO ops.past_retention
SELECT past.kind, past.id, past.person_uid, $applied_on::DATE
FROM past
WHERE NOT EXISTS (SELECT 1 FROM ops.past_retention AS marked WHERE marked.kind = past.kind AND marked.id = past.id);

-- Without names nothing could say any more that two records are one person: what linkage found is kept as a decision, so
-- that counts of persons stay as they are.
DELETE FROM linkage.decisions WHERE kind = 'retention';

INSERT INTO linkage.decisions
SELECT
    printf('R%08d', row_number() OVER (ORDER BY record_id)), 'retention', lag(record_id) OVER of_person, record_id, 'same',
    'retention', $applied_on::DATE
FROM (SELECT id AS record_id, person_uid FROM ops.past_retention WHERE kind = 'record')
WINDOW of_person AS (PARTITION BY person_uid ORDER BY record_id)
QUALIFY lag(record_id) OVER of_person IS NOT NULL;
