SELECT
    verification.record_id, verification.status, verification.register_id, verification.match_key,
    least(round(verification.match_probability, 4), 0.9999) AS match_probability, verification.mismatched_fields, verification.register_death_date,
    verification.register_emigrated_date, verification.could_not_check_reason
FROM linkage.verification AS verification
INNER JOIN held_records AS held ON held.record_id = verification.record_id
ORDER BY verification.record_id
