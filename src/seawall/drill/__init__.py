"""Where the promise is tried: the deterministic world, the storm, the demo, the bench.

With the tests the only part that knows both the house and the box.
"""
