SELECT o.object_id AS id, s.name AS place, o.name AS name, CASE WHEN o.type = 'U' THEN 1 ELSE 0 END AS is_stored
FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY CASE WHEN s.name = N'dbo' THEN 0 ELSE 1 END, s.name, o.name
