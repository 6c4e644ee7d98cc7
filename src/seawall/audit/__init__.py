"""What is wrong with an account, whoever trades on it: one look at it in, a closed list of findings out.

`snapshot` is what was read, with what could not be; `findings` names each thing that can be wrong, how bad it is and
what to do about it; `slots` judges one symbol, `account` the account and its key, `examine` ties them. Nothing here
asks anyone, and nothing here depends on our journal: an account that Seawall never traded is judged by the same words.

A snapshot is one moment. What a second look could only tell (a stop that was on its way, an order that had just filled)
is judged by the venue's own times and said as it is; where something could not be read, that is a finding too.
"""
