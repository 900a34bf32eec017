SELECT CONVERT(nvarchar(23), d.create_date, 121) AS created,
    CASE WHEN d.snapshot_isolation_state = 1 THEN 1 ELSE 0 END AS allows_snapshots,
    CASE WHEN DATABASEPROPERTYEX(d.name, 'Updateability') = 'READ_ONLY' THEN 1 ELSE 0 END AS is_read_only
FROM sys.databases AS d WHERE d.database_id = DB_ID()
