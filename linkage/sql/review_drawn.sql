-- By MD5 of the identifiers, not by DuckDB's hash, which another version may change between drawing and reading.
create or replace temp table review_drawn as
select record_id_l, record_id_r, verdict, step
from review_open join review_wanted using (verdict, step)
qualify row_number() over (
    partition by verdict, step order by md5(record_id_l || chr(31) || record_id_r), record_id_l, record_id_r
) <= n
