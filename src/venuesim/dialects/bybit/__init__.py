"""Bybit v5, linear perpetuals, as the box speaks it; the facts are those of the venue book, bybit.md."""
