{{ config(schema='staging') }}

-- Households of all program systems before anything is refused. A table, because the registry, the rejections and
-- the row accounting all read it, and parsing text is the dear part.
{{ union_staging('households', var('mis_sources')) }}
