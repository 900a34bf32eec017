-- Pairs for review by the sources of their records, which may be one source, and band.
select
    case when a.source = b.source then 'within ' || a.source
        else least(coalesce(a.source, '?'), coalesce(b.source, '?')) || ' and '
            || greatest(coalesce(a.source, '?'), coalesce(b.source, '?')) end as sources,
    step, count(*) as n
from review_open
left join registry.persons a on a.record_id = record_id_l
left join registry.persons b on b.record_id = record_id_r
where verdict = 'review'
group by all
order by sources, step desc
