-- Pairs of the person's own records; a pair that waits for review may be somebody else's, and is not theirs to see.
SELECT
    record_id_l, record_id_r, match_key, match_weight,
    -- No comparison is certain.
    least(round(match_probability, 4), 0.9999) AS match_probability,
    verdict
FROM linkage.pairs
WHERE record_id_l IN (SELECT record_id FROM held_records) AND record_id_r IN (SELECT record_id FROM held_records)
ORDER BY match_probability DESC, record_id_l, record_id_r
