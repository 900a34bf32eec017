{#- The evidence as a code and its values, for files in other languages: `code` is an SQL expression, `values` the
    expressions of its placeholders. exchange/exceptions/words says it; in English as the column `evidence` does. -#}
{% macro evidence_said(code, values={}) -%}
to_json([{'say': {{ code }}{% if values %}, 'with': {
    {%- for name, value in values.items() %}'{{ name }}': cast({{ value }} as varchar){% if not loop.last %}, {% endif %}{% endfor -%}
}{% endif %}}])
{%- endmacro %}
