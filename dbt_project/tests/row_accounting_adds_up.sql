-- Every row of a source is accounted for: nothing is dropped on the way to the registry.
select * from {{ ref('int_row_accounting') }}
where received <> accepted + out_of_scope + rejected
