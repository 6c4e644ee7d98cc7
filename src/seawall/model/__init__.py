"""The vocabulary of the house: one name per kind of thing, in the field's own terms.

A name in a log tells its kind by its form. A *report* is what a venue claims (noun + Report); an *act* changes the
venue (imperative: `SubmitEntry`); a *query* may be repeated freely (Ask + noun); an *event* is what is recorded (past
participle); an *input* is anything that enters the heart. Nothing here performs I/O, knows a clock or draws a number:
every instant is an argument, an `int` of microseconds since the Unix epoch (UTC), and so is every duration. Prices and
quantities are `Decimal`, never binary floating point.

`model` knows nobody; everybody may know `model`.
"""
