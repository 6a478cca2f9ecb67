"""Speed, as ratios measured in one run; only with `pytest tests/bench --bench -s`."""
