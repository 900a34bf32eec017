-- Every distinct birth date text, read once, with how many records have it and mean the
-- day (records). Invalid dates keep their digits:
-- 1856-86-18 still says 1856 and 18.
-- Whether 05/04/1990 is April or May is decided by each source's own dates: the side that never passes 12 is the month.
create or replace temp table lk_date_part as
with raws as (
    {%- for column in columns %}
    select *, {% if column.format %}strftime(try_strptime(raw, {{ column.format }}), '%Y-%m-%d'){% else %}raw{% endif %} as text
    from (
        select {{ column.source }} as source, cast({{ column.expression }} as varchar) as raw, count(*) as had,
            count(*) filter (where {{ column.whole }}) as whole
        from {{ column.relation }} where {{ column.expression }} is not null group by all
    )
    {%- if not loop.last %} union all {% endif %}
    {%- endfor %}
),
shaped as (
    select source, raw, had, records, s,
        case
            when regexp_matches(s, '^\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(\D.*)?$') then 'year first'
            when regexp_matches(s, '^\d{8}$') and cast(s[1:4] as int) between 1500 and 2200 then 'eight, year first'
            when regexp_matches(s, '^\d{8}$') and cast(s[5:8] as int) between 1500 and 2200 then 'eight, year last'
            when regexp_matches(s, '^\d{8}$') then 'eight, year first'
            when regexp_matches(s, '^\d{1,2}[-/. ]+\d{1,2}[-/. ]+\d{4}(\D.*)?$') then 'year last'
            when regexp_matches(s, '^\d{1,2}[-/.]\d{1,2}[-/.]\d{2}$') then 'short year last'
            when regexp_matches(s, '^\d{1,2}(st|nd|rd|th)?[-/., ]*[a-z]{3,}[-/., ]+\d{4}$') then 'day, month in letters'
            when regexp_matches(s, '^[a-z]{3,}[-/., ]*\d{1,2}(st|nd|rd|th)?[-/., ]+\d{4}$') then 'month in letters, day'
            when regexp_matches(s, '^\d{4}[-/. ]*[a-z]{3,}[-/. ]*\d{1,2}$') then 'year, month in letters'
            when regexp_matches(s, '^[a-z]{3,}[-/., ]*\d{4}$') then 'month in letters and year'
            when regexp_matches(s, '^\d{4}([.]0+)?$') then 'year'
            when regexp_matches(s, '^\d{4}[-/.]\d{1,2}$') then 'year and month'
            when regexp_matches(s, '^\d{1,2}[-/.]\d{4}$') then 'month and year'
            else 'other'
        end as shape
    from (
        select source, raw, sum(had)::bigint as had, sum(whole)::bigint as records,
            substr(strip_accents(lower(trim(max(text)))), 1, 40) as s
        from raws where {{ is_something }} group by source, raw
    )
)
select *,
    list_transform(regexp_extract_all(s, '\d+'), lambda x: try_cast(x as int)) as n,
    map {{ months }}[substr(regexp_extract(s, '[a-z]{3,}'), 1, 3)] as named_month
from shaped;
-- How each source writes its dates.
create or replace temp table lk_order as
{%- if orders %}
from {{ orders }};
{%- else %}
    select source,
        count(*) filter (where n[2] > 12) > count(*) filter (where n[1] > 12) as is_month_first,
        coalesce(max(n[3]) filter (where shape = 'year last' and n[3] <= {{ latest_year }}), 2000) % 100 as newest
    from lk_date_part where shape in ('year last', 'short year last')
    group by source;
{%- endif %}
create or replace temp table lk_date_read as
with read as (
    select p.source, p.raw, p.had, p.records,
        case shape
            when 'year first' then n[1]
            when 'eight, year first' then cast(s[1:4] as int)
            when 'eight, year last' then cast(s[5:8] as int)
            when 'year last' then n[3]
            when 'short year last' then n[3] + case when n[3] <= o.newest then 2000 else 1900 end
            when 'year, month in letters' then n[1]
            when 'day, month in letters' then n[2]
            when 'month in letters, day' then n[2]
            when 'month in letters and year' then n[1]
            when 'year' then n[1]
            when 'year and month' then n[1]
            when 'month and year' then n[2]
        end as y,
        case
            when shape = 'year first' then n[2]
            when shape = 'eight, year first' then cast(s[5:6] as int)
            when shape = 'eight, year last' then cast(s[3:4] as int)
            when shape in ('year last', 'short year last') then case when o.is_month_first then n[1] else n[2] end
            when shape like '%letters%' then named_month
            when shape = 'year and month' then n[2]
            when shape = 'month and year' then n[1]
        end as m,
        case
            when shape = 'year first' then n[3]
            when shape = 'eight, year first' then cast(s[7:8] as int)
            when shape = 'eight, year last' then cast(s[1:2] as int)
            when shape in ('year last', 'short year last') then case when o.is_month_first then n[2] else n[1] end
            when shape in ('day, month in letters', 'month in letters, day') then n[1]
            when shape = 'year, month in letters' then n[2]
        end as d,
        case when shape = 'other' then nullif(substr(regexp_replace(s, '\D', '', 'g'), 1, 8), '') end as digits
    from lk_date_part p left join lk_order o on o.source is not distinct from p.source
)
select *,
    case when d is not null then
        lpad((y % 10000)::varchar, 4, '0') || lpad((m % 100)::varchar, 2, '0') || lpad((d % 100)::varchar, 2, '0')
    end as dob,
    case
        when y is null and digits is null then 'unreadable'
        when y > {{ latest_year }} then 'future'
        when d is not null and try_cast(concat_ws('-', y, m, d) as date) is null then 'impossible'
    end as fault
from (
    select source, raw, had, records,
        case when y > 0 then y end as y,
        case when y > 0 and m > 0 then m end as m,
        case when y > 0 and m > 0 and d > 0 then d end as d,
        case when length(digits) >= 4 then digits end as digits
    from read
);
-- What stands where nothing was known: dates that far more records of a source have than its other dates. The first
-- of January and of July are dates of their own kind (FILLER in standardise.py says why).
create or replace temp table lk_date_filler as
{%- if fillers %}
from {{ fillers }};
{%- else %}
    with dates as (
        select source, dob, dob[5:] in ('0101', '0701') as is_year, sum(records) as holders
        from lk_date_read where dob is not null group by all
    ),
    compared as (
        select *, count(*) over (partition by source, is_year) as kinds,
            quantile_cont(holders, 0.25) over (partition by source, is_year) as usual_of_kind,
            median(holders) over (partition by source) as usual,
            sum(holders) over (partition by source) as dated
        from dates
    )
    select source, dob from compared
    where holders >= {{ filler.least }}
        and holders >= dated * if(is_year, {{ filler.share_of_year }}, {{ filler.share }})
        and holders >= {{ filler.times }} * if(is_year and kinds >= {{ filler.kinds }}, usual_of_kind, usual);
{%- endif %}
create or replace temp table lk_date as
select r.* exclude (had, records, fault) from lk_date_read r
left join lk_date_filler f on f.dob = r.dob and f.source is not distinct from r.source
where f.dob is null and coalesce(fault, '') not in ('unreadable', 'future');
create or replace temp table lk_date_fault as
select case when f.dob is null or fault = 'future' then fault else 'filler' end as fault, sum(had)::bigint as records from lk_date_read r
left join lk_date_filler f on f.dob = r.dob and f.source is not distinct from r.source
group by 1 having fault is not null;
