-- Who is asked for; an ID that is none, such as "..." or "unknown", is none.
create or replace table {{ work }}.asked as
select * replace (case when {{ identifier }} is not null then national_id end as national_id) from {{ work }}.given
