-- What the population register sent about the persons whom these records were taken for.
SELECT *
FROM registry.population
WHERE register_id IN (
    SELECT verification.register_id
    FROM linkage.verification AS verification
    INNER JOIN held_records AS held ON held.record_id = verification.record_id
)
ORDER BY register_id
