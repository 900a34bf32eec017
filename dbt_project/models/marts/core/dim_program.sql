select
    programs.program,
    programs.name,
    programs.benefit_unit,
    programs.source,
    sources.is_stale as is_source_stale
from {{ source('ops', 'programs') }} as programs
left join {{ source('ops', 'sources') }} as sources on sources.source = programs.source
