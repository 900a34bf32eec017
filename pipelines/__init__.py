"""The Dagster code location: assets, checks, jobs, schedules and sensors; the only place that imports dagster."""
