-- Everybody whose particulars or case stand in a program's files: by person, where linkage knows them.
SELECT DISTINCT coalesce(crosswalk.person_uid, held.record_id) AS subject
FROM (
    SELECT record_id FROM found_verification WHERE program = $program
    UNION
    SELECT record_id FROM found_payroll WHERE program = $program
    UNION
    SELECT record_id FROM found_duplicate WHERE program = $program
    UNION
    SELECT record_id FROM correction_rows
    UNION
    -- The other side, and the members whom two households share.
    SELECT unnest([pair.l, pair.r])
    FROM (SELECT unnest(record_pairs) AS pair FROM found_duplicate WHERE program = $program)
) AS held
LEFT JOIN linkage.persons_crosswalk AS crosswalk ON crosswalk.record_id = held.record_id
WHERE held.record_id IS NOT NULL
