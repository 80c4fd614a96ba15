"""Many trainings: a pipeline of its own, on all cores of a machine or of a cluster."""
