SELECT persons.*
FROM registry.persons AS persons
INNER JOIN held_records AS held ON held.record_id = persons.record_id
ORDER BY persons.record_id
