-- Values of these records that could not be used, and why.
SELECT rejections.source, rejections.table_name, rejections.source_key, rejections.reason_code, rejections.consequence, rejections.column_name, rejections.value_given
FROM registry.rejections AS rejections
INNER JOIN held_records AS held ON held.record_id = rejections.source || ':' || rejections.source_key
ORDER BY rejections.source, rejections.table_name, rejections.source_key, rejections.reason_code
