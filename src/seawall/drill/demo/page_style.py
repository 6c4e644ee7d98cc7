"""The style of the demo's page: one sheet for light and dark, wide and narrow. The pictures bring their own."""

from __future__ import annotations

STYLE = """
:root{--ground:#f6f8fa;--card:#fff;--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--good:#1a7f37;--good-ground:#dafbe1;
--bad:#cf222e;--bad-ground:#ffebe9;--act:#0969da}
@media(prefers-color-scheme:dark){:root{--ground:#010409;--card:#0d1117;--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;
--good:#3fb950;--good-ground:#12261e;--bad:#f85149;--bad-ground:#2d1214;--act:#4493f8}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);line-height:1.5;
font-family:ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif;font-size:16px}
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:34px;line-height:1.2;margin:0 0 8px;letter-spacing:-.02em}
h2{font-size:22px;margin:48px 0 6px;letter-spacing:-.01em}
h3{font-size:18px;margin:0;line-height:1.3;overflow-wrap:anywhere}
p{margin:0 0 12px;max-width:70ch}
.faint{color:var(--faint)}
.good{color:var(--good)}.bad{color:var(--bad)}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:16px}
.score{margin-top:24px}
.score b{display:block;font-size:40px;line-height:1.1;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.score .who{font-weight:600;margin-bottom:8px}
.score ul{margin:10px 0 0;padding:0;list-style:none;color:var(--faint)}
.bars{margin-top:16px;padding-top:12px;padding-bottom:12px;font-variant-numeric:tabular-nums}
.bar{display:grid;grid-template-columns:17em 1fr;gap:2px 16px;align-items:center;padding:5px 0;
border-top:1px solid var(--line);font-size:14px}
.bar:first-child{border-top:0}
.bar a{color:inherit;text-decoration:none;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar a:hover{text-decoration:underline}
.tracks{display:grid;gap:2px}
.track{position:relative;height:15px;display:flex;align-items:center;gap:6px;font-size:11px;line-height:1;
color:var(--faint);white-space:nowrap}
.track i{display:block;height:9px;border-radius:2px;min-width:2px;flex:none}
.track.bot i{background:var(--faint);opacity:.6}.track.bot.wrong i{background:var(--bad);opacity:1}
.track.ours i{background:var(--good)}.track.ours.wrong i{background:var(--bad)}
.key span{display:inline-block;margin-right:18px}
.key i{display:inline-block;width:22px;height:9px;border-radius:2px;margin-right:6px}
.signal{margin-top:20px;scroll-margin-top:12px}
.fault{margin:4px 0 14px;color:var(--faint)}
.side{border:1px solid var(--line);border-radius:8px;padding:12px 14px;font-size:14px;min-width:0}
.side .who{font-weight:600;margin-bottom:4px;font-size:13px;color:var(--faint)}
.side ul{margin:6px 0 0;padding-left:18px;color:var(--faint);overflow-wrap:anywhere}
.end{font-weight:600;font-size:16px}
.pill{display:inline-block;border-radius:999px;padding:1px 10px;font-weight:600;font-size:14px}
.pill.good{background:var(--good-ground)}.pill.bad{background:var(--bad-ground)}
.scroll{overflow-x:auto;margin-top:14px}
.scroll svg{display:block;width:100%;min-width:640px;height:auto}
details{margin-top:10px;font-size:14px}
summary{cursor:pointer;color:var(--act)}
ol.words{list-style:none;padding:0;margin:10px 0 0}
ol.words li{display:grid;grid-template-columns:6.5em 1fr;gap:12px;padding:3px 0;border-top:1px solid var(--line);
overflow-wrap:anywhere}
ol.words span{color:var(--faint);text-align:right;font-variant-numeric:tabular-nums}
footer{margin-top:48px;color:var(--faint);font-size:14px}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em}
@media(max-width:640px){main{padding:20px 12px 48px}h1{font-size:27px}.pair{grid-template-columns:1fr;gap:10px}
.card{padding:14px}.score b{font-size:32px}.bar{grid-template-columns:1fr}}
@media print{body{background:#fff}.card{break-inside:avoid}details{display:none}}
""".strip()
