SELECT grievances.*
FROM registry.grievances AS grievances
WHERE grievances.household_id IN (SELECT household_id FROM held_records)
ORDER BY grievances.received_date, grievances.grievance_id
