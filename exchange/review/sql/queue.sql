-- The first cases of the queue for the service; case_id stands in addresses and tells nothing of a record.
CREATE TABLE queue.cases AS
SELECT
    record_id_l, record_id_r, programs, match_key, match_probability, is_one_person, beside, amount_at_stake, asked, said,
    said_by, state, place,
    left(sha256(record_id_l || chr(31) || record_id_r), 20) AS case_id
FROM review_cases
WHERE place <= $most
ORDER BY place
