"""The languages of the venues; each is built from a `port.Core` and knows nothing of queues, faults or lag."""
