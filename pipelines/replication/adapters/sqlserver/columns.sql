SELECT c.name AS name, COALESCE(t.name, N'') AS kind, CAST(c.max_length AS int) AS length,
    CAST(c."precision" AS int) AS digits, CAST(c.scale AS int) AS scale, COALESCE(t.is_assembly_type, 0) AS is_assembly
FROM sys.columns AS c LEFT JOIN sys.types AS t
    ON t.user_type_id = CASE WHEN c.system_type_id = 240 THEN c.user_type_id ELSE c.system_type_id END
WHERE c.object_id = {id} ORDER BY c.column_id
