{#- What DuckDB and Spark write otherwise. The models tagged `spark` (docs/spark.md) are built by either; all else in them
    is SQL that both read the same way. -#}

{#- The value beside the greatest `order` of a group, among those that are not null. -#}
{% macro value_at_greatest(value, order) -%}
    {{ return(adapter.dispatch('value_at_greatest')(value, order)) }}
{%- endmacro %}

{% macro default__value_at_greatest(value, order) -%}
    arg_max({{ value }}, {{ order }})
{%- endmacro %}

{% macro spark__value_at_greatest(value, order) -%}
    max_by({{ value }}, {{ order }}) filter (where {{ value }} is not null)
{%- endmacro %}

{#- All columns of a relation but some. -#}
{% macro all_but(relation, columns) -%}
    {{ return(adapter.dispatch('all_but')(relation, columns)) }}
{%- endmacro %}

{% macro default__all_but(relation, columns) -%}
    {{ relation }}.* exclude ({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__all_but(relation, columns) -%}
    {{ relation }}.* except ({{ columns | join(', ') }})
{%- endmacro %}

{#- Where Spark has built a model, DuckDB's table is what Spark stored: with its contract, descriptions and tests. -#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- set stored = env_var('IBR_SPARK_TABLES', '') -%}
    {%- if stored and not temporary and 'spark' in model.tags -%}
        {%- set compiled_code = "select * from read_parquet('" ~ stored ~ '/' ~ this.schema ~ '.db/' ~ this.identifier ~ "/*.parquet')" -%}
    {%- endif -%}
    {{ return(dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, **kwargs)) }}
{%- endmacro %}
