{{ config(schema='staging') }}

-- Payment lines of all program systems before anything is refused. A table, because the registry, the rejections and
-- the row accounting all read it, and parsing text is the dear part.
{{ union_staging('payments', var('mis_sources')) }}
