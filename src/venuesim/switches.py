"""Every question the venue books leave open, as a named switch with its possible answers; the first is the default.

A client must hold under either answer.  Names begin with the venue they concern; ``lag`` and ``child_delay_ms`` and the
like concern the box itself.  An unknown name or answer is refused by `settle`, with the nearest name.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

ANY_NUMBER = "<number>"

SWITCHES: Mapping[str, tuple[str, ...]] = {
    "lag": ("venue", "none"),
    "monotone_reads": ("no", "yes"),
    "match_latency_us": ("2000", ANY_NUMBER),
    "latency_us": ("0", ANY_NUMBER),
    "signature": ("check", "ignore"),
    # binance.md 1.6: nobody measured RESULT after 2026-06-30
    "binance.result_reply": ("mixed", "new", "filled"),
    # binance.md 4.4: quantity + reduceOnly while flat
    "binance.flat_reduce_only_stop": ("accept", "refuse"),
    # binance.md 4.5: reduceOnly quantity above the position
    "binance.reduce_only_over": ("clamp", "refuse"),
    # binance.md 4.5, 4.2, 3.3: a reduce-only order beside resting ones that claim all of the position
    "binance.reduce_only_blocked": ("-4118", "-2022", "knock_out"),
    # binance.md 3.3 er 4: when resting reduce-only orders that the position carries no longer are knocked out
    "binance.reduce_only_overtaken": ("expire", "stay"),
    # binance.md 3.3: execution type of what a liquidation or an auto-deleveraging takes
    "binance.forced_execution": ("CALCULATED", "TRADE"),
    # binance.md 3.3: status of an auto-deleveraging order before its fill
    "binance.adl_accepted": ("NEW", "NEW_ADL"),
    # binance.md 1.8: does an untriggered algo order keep a flat symbol in v3
    "binance.v3_algo_row": ("omit", "show"),
    # binance.md 4.7: quantity stop beside a closePosition stop
    "binance.quantity_beside_close": ("accept", "refuse"),
    # binance.md 4.1: code of a duplicate clientAlgoId, or accepted as a second stop (4.3)
    "binance.duplicate_algo": ("-4116", "-20132", "accept"),
    # binance.md 1.7: which order a reused client id finds
    "binance.reused_id": ("latest", "first"),
    # binance.md 3.2: which of TRIGGERED and the child's fill is told first
    "binance.child_fill_first": ("yes", "no"),
    # binance.md 4.4: how long a stop stays TRIGGERING
    "binance.triggering_us": ("5000", ANY_NUMBER),
    # binance.md 4.7 and 4.4: how long after the close the GTE stop expires
    "binance.expire_delay_us": ("1000", ANY_NUMBER),
    # binance.md 1.8: no one says how near a row's updateTime is to its fill: in µs after it, or before it
    "binance.position_date_us": ("0", "3000", "-1000"),
    # binance.md 1.8: the updateTime of a flat symbol's row in version 2 is nowhere shown: when it became flat, or none
    "binance.flat_update_time": ("date", "zero"),
    # binance.md 4.4: how long after the fill a closePosition stop is still refused with -4509
    "binance.position_delay_us": ("0", ANY_NUMBER),
    # binance.md open questions: HTTP status of -1007
    "binance.timeout_status": ("503", "408", "400"),
    # binance.md 3.2: TRADE_LITE is sent before ORDER_TRADE_UPDATE
    "binance.trade_lite": ("yes", "no"),
    # binance.md 1.1 and 3.1: an unrouted /ws/<listenKey> opens and is mute in production, delivered on testnet
    "binance.unrouted_stream": ("mute", "deliver"),
    # binance.md open questions: `ot` of a triggered child
    "binance.child_original_type": ("stop", "market"),
    # binance.md 4.2: -1104 for a parameter that was not read
    "binance.unknown_params": ("ignore", "refuse"),
    # binance.md 1.3: Retry-After is not documented for fapi
    "binance.retry_after": ("absent", "sent"),
    # binance.md 1.1: 2400 in production, 6000 on demo
    "binance.weight_limit": ("2400", ANY_NUMBER),
    # binance.md 1.4: which rows of its span a full page of orders or trades shows
    "binance.full_page": ("newest", "oldest"),
    # binance.md 1.9, -4210 and -4211: does PERCENT_PRICE of the mark (1.5) bound the trigger of a stop
    "binance.trigger_bound": ("none", "percent_price"),
    # binance.md 1.5: the tick of a trigger was not enforced, on testnet; whether its digits are, nobody has told
    "binance.trigger_digits": ("precision", "tick", "any"),
    # binance.md 4.4: for how long a stop for the whole position that was cancelled still keeps another out (-4130)
    "binance.cancel_linger_us": ("0", ANY_NUMBER),
    # binance.md 4.4: how long after the fill a reduce-only order or stop is still refused, and with which code
    "binance.reduce_only_delay_us": ("0", ANY_NUMBER),
    "binance.reduce_only_early": ("-2022", "-4118"),
    # bybit.md 7: delay between fill and the Untriggered child
    "bybit.child_delay_us": ("0", ANY_NUMBER),
    # bybit.md 3.5: a second entry's Full stop replaces the position's
    "bybit.second_full_stop": ("replace", "ignore"),
    # bybit.md 3.1 CancelByReduceOnly: when resting reduce-only orders that the position carries no longer are cancelled
    "bybit.reduce_only_overtaken": ("cancel", "stay"),
    # bybit.md 3.1 CancelAllBeforeAdl: does an auto-deleveraging end the account's open orders first
    "bybit.orders_before_adl": ("keep", "cancel"),
    # bybit.md 3.3: is an id burned by a refused create
    "bybit.refused_id": ("free", "burned"),
    # bybit.md 3.3: scope of uniqueness
    "bybit.link_id_scope": ("account", "symbol"),
    # bybit.md 3.3: is an id free again once its order has ended
    "bybit.link_id_horizon": ("ever", "open"),
    # bybit.md 3.1: margin may fail at the gateway, or after a good ack at the engine
    "bybit.margin_refusal": ("sync", "async"),
    # bybit.md 7: what trading-stop says to a wrong positionIdx
    "bybit.wrong_index_stop": ("index", "zero"),
    # bybit.md 3.1: how REST shows an auto-cleared child
    "bybit.cleared_child": ("Deactivated", "Cancelled"),
    # bybit.md 1.2: limit headers on refused creates
    "bybit.limit_headers_on_error": ("no", "yes"),
    # bybit.md 2.1: a message for a filled market order is preceded by one with status New
    "bybit.new_before_filled": ("no", "yes"),
    # bybit.md 1.2: spelling of "no stop loss" on a position row
    "bybit.no_stop_spelling": ("", "0", "0.00"),
    # bybit.md 1.2: spelling of the side of a flat position
    "bybit.flat_side_spelling": ("", "None"),
    # bybit.md 2.1: one recording has an order's updatedTime 3 ms after execTime, and nothing is promised
    "bybit.order_date_us": ("0", "3000"),
    # bybit.md 2.1: the same recording has a position's updatedTime 3 ms after execTime, and nothing is promised
    "bybit.position_date_us": ("0", "3000", "-1000"),
    # bybit.md 3.2: how long after the fill trading-stop still says zero position
    "bybit.position_delay_us": ("0", ANY_NUMBER),
    # bybit.md 3.2: closed order leaves realtime before history has it
    "bybit.handover_gap": ("no", "yes"),
    # bybit.md 3.1: rejectReason of a market or IOC remainder
    "bybit.ioc_reason": ("EC_NoImmediateQtyToFill", "EC_ReachMarketPriceLimit", "EC_ReachRiskPriceLimit"),
    # bybit.md 1.2: the text beside retCode 0
    "bybit.success_text": ("OK", "success", "SUCCESS", ""),
    # bybit.md 3.2: a venue restart wipes the recently closed orders of realtime
    "bybit.closed_cache": ("kept", "wiped"),
    # bybit.md 1.3: how long an IP ban lasts
    "bybit.ban_us": ("600000000", ANY_NUMBER),
    # bybit.md 2.2 and 7: do REST and trade stream share the order bucket
    "bybit.trade_bucket": ("own", "shared"),
    # bybit.md 2.1: a position message on every order action
    "bybit.extra_position_push": ("yes", "no"),
    # bybit.md 2.1: a cancel that races a fill is acknowledged and makes a second Filled message
    "bybit.cancel_race": ("refused", "acknowledged"),
    # bybit.md 3.4: are reduce-only orders exempt from the least value (110094), as they are elsewhere
    "bybit.reduce_only_value": ("exempt", "refuse"),
    # bybit.md 6.7: an order query by id alone
    "bybit.id_only_query": ("accept", "refuse"),
}


def settle(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return all switches with the chosen answers over the defaults.

    Raises ValueError that names the switch, what was expected and what came.
    """
    settled = {name: answers[0] for name, answers in SWITCHES.items()}
    for name in sorted(chosen):
        check(name, chosen[name])
        settled[name] = chosen[name]
    return settled


def check(name: str, answer: str) -> None:
    """Raise ValueError unless `name` is a switch and `answer` one of its answers."""
    if name not in SWITCHES:
        near = get_close_matches(name, sorted(SWITCHES), n=1)
        hint = f"; the nearest is {near[0]}" if near else ""
        message = f"switch {name!r} is not known{hint}"
        raise ValueError(message)
    answers = SWITCHES[name]
    if answer in answers or (ANY_NUMBER in answers and answer.isdecimal()):
        return
    message = f"switch {name}: expected one of {', '.join(map(repr, answers))}, got {answer!r}"
    raise ValueError(message)
