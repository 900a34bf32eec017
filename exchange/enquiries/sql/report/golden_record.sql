SELECT field, value, rule, source, record_id, recorded_at, age_days, records, records_that_differ
FROM marts.rpt_golden_record
WHERE person_uid = $person_uid
ORDER BY field
