"""The look of the page: the house style, for light and dark, from 360 pixels on."""

CSS = """
:root { color-scheme: light dark; --paper: #fcfcfa; --ground: #f4f5f2; --ink: #1c2128; --muted: #57606a;
  --line: #e4e6e3; --accent: #0b57a4; --second: #b3470b;
  --sans: Inter, "Source Sans 3", system-ui, "Noto Sans CJK SC", sans-serif; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ground: #1b2026; --ink: #e6e8ea; --muted: #9aa4ae; --line: #2b323a;
    --accent: #7db8f5; --second: #f0a36b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 18px/1.6 Charter, "Bitstream Charter",
  "Source Serif 4", Cambria, Georgia, "Noto Serif CJK SC", serif; overflow-wrap: anywhere; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1, h2, h3, table, figure, figcaption, dl, .small { font-family: var(--sans); }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p, ul { margin: .7rem 0; }
ul { padding-left: 1.2rem; }
a { color: var(--accent); }
code { font: .86em "JetBrains Mono", "Cascadia Code", ui-monospace, Menlo, monospace; background: var(--ground);
  padding: .1em .3em; }
.option { white-space: nowrap; }
.answer { font-size: 1.1rem; border-left: 4px solid var(--accent); padding-left: .9rem; }
.first { background: var(--ground); padding: .7rem 1rem; border-left: 4px solid var(--second); }
.first p, .first ul { margin: .3rem 0; }
.small, figcaption.note { color: var(--muted); font-size: .85rem; line-height: 1.5; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.4; margin: .8rem 0;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 600; border-bottom-color: var(--muted); }
tbody th { font-weight: 400; }
table { overflow-wrap: break-word; }
bdi { overflow-wrap: anywhere; }
td.n, th.n { text-align: right; padding-right: .5rem; }
td.n { white-space: nowrap; }
td small, th small { display: block; color: var(--muted); font-size: .82rem; }
td.n small { white-space: nowrap; }
figure { margin: 1.4rem 0; }
figcaption { font-weight: 600; font-size: .95rem; line-height: 1.35; margin-bottom: .4rem; }
figcaption.note { font-weight: 400; margin: .2rem 0 0; }
svg { display: block; width: 100%; overflow: visible; font-family: var(--sans); font-size: 13px; }
svg text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round;
  font-variant-numeric: tabular-nums; }
svg text.axis { fill: var(--muted); font-size: 12px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .reference { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 4 3; }
svg .bar { fill: var(--muted); }
svg .bar.liked { fill: var(--accent); }
svg .ink { stroke: var(--ink); fill: var(--ink); }
.pair { display: grid; grid-template-columns: 1fr; gap: 0 2.5rem; }
@media (min-width: 620px) { .pair { grid-template-columns: 1fr 1fr; } }
@media (max-width: 480px) { body { font-size: 17px; } h1 { font-size: 1.4rem; } table { font-size: .84rem; } }
@media print { body { background: none; } }
"""
