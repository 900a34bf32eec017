SELECT households.*
FROM registry.households AS households
WHERE households.household_id IN (SELECT household_id FROM held_records)
ORDER BY households.household_id
