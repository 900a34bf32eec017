-- What happened to the person's number.
SELECT run_id, event, uid, other_uid
FROM linkage.uid_events
WHERE uid_kind = 'person' AND (uid = $person_uid OR other_uid = $person_uid)
ORDER BY run_id, event, uid
