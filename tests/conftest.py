"""What holds for every test: how hypothesis draws, and nothing else."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Two shared cores: a slow draw says something about the machine, not about the code. The blob repeats a failure.
settings.register_profile(
    "seawall", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("seawall")
