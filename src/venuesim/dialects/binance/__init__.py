"""Binance USD-M futures as the box speaks it; the facts are in the venue book ``binance.md``, cited by section."""
