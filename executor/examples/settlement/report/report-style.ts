/** The page's own style: no file beside it, no font from elsewhere, light and dark as the reader's machine is set. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #ffffff; --ink: #1c2330; --soft: #5d6676; --line: #e2e0d9; --track: #ecebe5;
  --success: #1f7a5c; --failed: #c4512d; --blocked: #8b90a3; --unresolved: #d99a08; --begun: #b9cfe6; --accent: #2d5f94;
  --good: #1f7a5c; --warn: #9a6a00; --bad: #b3361c; --plain: #5d6676;
  --good-bg: #e3f1eb; --warn-bg: #fbf0d5; --bad-bg: #fbe5de; --plain-bg: #ecebe5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151b; --card: #1a1f28; --ink: #e8eaee; --soft: #9aa3b2; --line: #2b323e; --track: #262c37;
    --success: #3fae85; --failed: #e2764f; --blocked: #7a8094; --unresolved: #e8b23a; --begun: #34506f; --accent: #7fb0e2;
    --good: #6bd0a9; --warn: #efc35a; --bad: #f28f6d; --plain: #9aa3b2;
    --good-bg: #17332a; --warn-bg: #372c12; --bad-bg: #3b1f18; --plain-bg: #262c37;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: flex-end; justify-content: space-between; margin-bottom: 18px; }
h1 { font-size: 30px; line-height: 1.15; margin: 0; letter-spacing: -0.01em; font-weight: 650; }
h2 { font-size: 17px; margin: 0 0 14px; font-weight: 620; }
h3 { font-size: 14px; margin: 18px 0 8px; font-weight: 600; }
h2 span[lang], h1 span[lang], h3 span[lang], th span[lang], dt span[lang], .legend span[lang] { color: var(--soft); font-weight: 400; font-size: 0.82em; margin-left: 0.35em; white-space: nowrap; }
.meta { color: var(--soft); font-size: 13px; margin: 6px 0 0; }
.verdict { border-radius: 12px; padding: 14px 18px; margin: 0 0 18px; border: 1px solid transparent; }
.verdict strong { display: block; font-size: 18px; font-weight: 640; }
.verdict strong span { font-weight: 400; font-size: 0.85em; margin-left: 0.4em; white-space: nowrap; }
.verdict p { margin: 2px 0 0; font-size: 14px; overflow-wrap: anywhere; }
.good { background: var(--good-bg); color: var(--good); } .warn { background: var(--warn-bg); color: var(--warn); }
.bad { background: var(--bad-bg); color: var(--bad); } .plain { background: var(--plain-bg); color: var(--plain); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0 0 18px; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px; }
.figures dt { color: var(--soft); font-size: 12.5px; } .figures dd { margin: 2px 0 0; font-size: 23px; font-weight: 620; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.figures dd small { display: block; font-size: 12.5px; line-height: 1.35; font-weight: 400; color: var(--soft); letter-spacing: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 20px; margin: 0 0 18px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 28px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 560; color: var(--soft); font-size: 12.5px; border-bottom: 1px solid var(--line); padding: 6px 10px 6px 0; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); padding: 7px 10px 7px 0; vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.n { text-align: right; white-space: nowrap; } td.n small { display: block; color: var(--soft); font-size: 12px; }
.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12.5px; overflow-wrap: anywhere; }
.bar { display: block; width: 100%; height: 14px; border-radius: 3px; background: var(--track); overflow: hidden; }
.currency { margin: 0 0 20px; } .currency:last-child { margin-bottom: 0; }
.currency > p { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 12px; margin: 0 0 6px; font-size: 14px; font-variant-numeric: tabular-nums; }
.currency > p b { font-weight: 620; } .currency > p span { color: var(--soft); }
.groups { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 4px 12px; margin: 8px 0 0; font-size: 12.5px; font-variant-numeric: tabular-nums; }
.groups div { border-left: 3px solid; padding-left: 8px; min-width: 0; } .groups dt { color: var(--soft); } .groups dd { margin: 0; font-weight: 560; overflow-wrap: anywhere; }
.groups dd small { display: block; font-weight: 400; color: var(--soft); }
.groups .success { border-color: var(--success); } .groups .failed { border-color: var(--failed); }
.groups .blocked { border-color: var(--blocked); } .groups .unresolved { border-color: var(--unresolved); }
svg .success { fill: var(--success); } svg .failed { fill: var(--failed); } svg .blocked { fill: var(--blocked); }
svg .unresolved { fill: var(--unresolved); } svg .share { fill: var(--accent); } svg .begun { fill: var(--begun); }
svg .final { fill: none; stroke: var(--success); stroke-width: 2.25; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
svg .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
svg .cutoff { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 4 3; vector-effect: non-scaling-stroke; }
.chart { display: block; width: 100%; height: 150px; }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; margin: 4px 0 0; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--soft); font-size: 12.5px; margin: 0 0 10px; padding: 0; list-style: none; }
.legend svg { width: 12px; height: 12px; vertical-align: -1px; margin-right: 6px; border-radius: 3px; }
.note { min-width: 220px; } .keep { white-space: nowrap; }
.empty { color: var(--soft); margin: 0; }
ul.checks { list-style: none; margin: 0; padding: 0; } ul.checks li { display: grid; grid-template-columns: 22px 1fr; padding: 5px 0; }
ul.checks .yes { color: var(--good); font-weight: 700; } ul.checks .no { color: var(--bad); font-weight: 700; } ul.checks .open { color: var(--soft); }
footer { color: var(--soft); font-size: 12.5px; }
@media (max-width: 720px) {
  main { padding: 20px 14px 48px; } h1 { font-size: 25px; } section { padding: 16px 14px; }
  .pair { grid-template-columns: 1fr; gap: 22px; } .groups { grid-template-columns: 1fr 1fr; gap: 10px 12px; }
  .figures { grid-template-columns: 1fr 1fr; } .figures dd { font-size: 20px; }
}
@media print { body { background: #fff; } section { break-inside: avoid; } }
`;
