/** The look of the HTML receipt: one constant style sheet, light and dark, nothing fetched, no scrolling sideways. */

export const receiptStyle = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d9dee4;--track:#eceff3;
--blue:#0b62d6;--green:#12753a;--red:#c1252f;--amber:#8a5a00;--violet:#6e46c7;--teal:#0b7285;
--green-bg:#e3f5e8;--red-bg:#fdebec;--amber-bg:#fff3d6;--blue-bg:#e5effc;--grey-bg:#eef0f3;--code:#f2f4f7}
@media (prefers-color-scheme:dark){:root{--bg:#0e1116;--card:#161b22;--ink:#e6eaef;--soft:#9aa5b1;--line:#2c343d;--track:#222932;
--blue:#6cb0ff;--green:#5ccf80;--red:#ff8389;--amber:#eab54d;--violet:#b79cff;--teal:#4fc3d4;
--green-bg:#12301d;--red-bg:#3b181b;--amber-bg:#382a0c;--blue-bg:#10294a;--grey-bg:#232a33;--code:#1d242d}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.75rem;line-height:1.2;margin:4px 0 12px;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:40px 0 12px;letter-spacing:-.005em}
h3{font-size:1.05rem;line-height:1.35;margin:0}
h4{font-size:.78rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);margin:20px 0 8px}h4 code{text-transform:none;letter-spacing:0}
p{margin:8px 0}
a{color:var(--blue);text-decoration:none}a:hover{text-decoration:underline}
code,pre,.mono{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{background:var(--code);border-radius:4px;padding:.1em .35em}
pre{background:var(--code);border-radius:8px;padding:12px 14px;margin:8px 0;white-space:pre-wrap}
.soft{color:var(--soft)}
.card>:first-child,.note>:first-child{margin-top:0}.card>:last-child,.note>:last-child{margin-bottom:0}
.nowrap{white-space:nowrap}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin:12px 0}
.eyebrow{color:var(--soft);font-size:.9rem}
.goal{font-size:1.05rem;white-space:pre-wrap;margin:0 0 14px}
.badge{display:inline-block;border-radius:999px;padding:.1em .7em;font-size:.82rem;font-weight:600;background:var(--grey-bg);color:var(--soft)}
.badge.good{background:var(--green-bg);color:var(--green)}.badge.bad{background:var(--red-bg);color:var(--red)}
.badge.asks{background:var(--amber-bg);color:var(--amber)}.badge.active{background:var(--blue-bg);color:var(--blue)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:14px 20px;margin:14px 0 0}
.facts dt{color:var(--soft);font-size:.82rem}.facts dd{margin:0;font-weight:600}
.note{border-left:4px solid var(--amber);background:var(--amber-bg);border-radius:8px;padding:12px 16px;margin:12px 0}
.note.bad{border-color:var(--red);background:var(--red-bg)}.note.good{border-color:var(--green);background:var(--green-bg)}
.note ul{margin:6px 0 0;padding-left:20px}.note li{margin:4px 0}
.note h2{margin:0 0 4px;font-size:1.05rem}
nav{display:flex;flex-wrap:wrap;gap:6px 16px;margin:16px 0 0;font-size:.92rem}
ol.plan,ol.time{list-style:none;margin:0;padding:0}
.plan li{display:grid;grid-template-columns:auto 1fr auto;column-gap:12px}
.plan li>:not(.lanes){padding:10px 0;border-top:1px solid var(--line)}
.plan .what{margin-right:-12px;padding-right:12px!important}
.plan li:first-child>:not(.lanes){border-top:0}
.lanes{position:relative}.lanes svg+svg{position:absolute;inset:0;width:100%;height:100%}
.lanes line{stroke:var(--soft);stroke-width:2;opacity:.55}.lanes line.path{stroke:var(--blue);stroke-width:3;opacity:1}
.lanes circle{fill:var(--soft);stroke:var(--card);stroke-width:3}
.lanes .good{fill:var(--green)}.lanes .bad{fill:var(--red)}.lanes .asks{fill:var(--amber)}.lanes .active{fill:var(--blue)}
.plan .what a{color:var(--ink);font-weight:600}.meta{color:var(--soft);font-size:.86rem}
.time li{display:grid;grid-template-columns:minmax(0,210px) 1fr;gap:14px;align-items:center;padding:5px 0}
.time .name{font-size:.9rem;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.time .path .name{font-weight:600}
.time svg{display:block;width:100%;height:20px;overflow:visible}
.time .axis svg{height:16px}.time text{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
.track{fill:var(--track)}.tick{stroke:var(--line)}
.planner,.worker{fill:var(--blue)}.verifier{fill:var(--violet)}.check{fill:var(--teal)}.setup,.other{fill:var(--soft)}
.researcher{fill:var(--amber)}.failed{stroke:var(--red);stroke-width:2}.done{fill:var(--green)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:.84rem;color:var(--soft);margin:12px 0 0;padding:0;list-style:none}
.legend svg{width:10px;height:10px;margin-right:6px}
.task>header{display:flex;justify-content:space-between;gap:12px;align-items:flex-start}
.task>header .badge{flex:none}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--soft);font-weight:500;font-size:.82rem}
th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
.verdict{border-left:3px solid var(--line);padding:2px 0 2px 14px;margin:10px 0}
.verdict.pass{border-color:var(--green)}.verdict.fail{border-color:var(--red)}.verdict.inconclusive{border-color:var(--amber)}
.says{white-space:pre-wrap;margin:4px 0}
.finding{border:1px solid var(--line);border-left:4px solid var(--amber);border-radius:8px;padding:10px 14px;margin:8px 0;background:var(--card)}
.finding.blocking{border-left-color:var(--red)}
.finding dl{display:grid;grid-template-columns:auto 1fr;gap:4px 12px;margin:8px 0 0;font-size:.9rem}
.finding dt{color:var(--soft)}.finding dd{margin:0;min-width:0;white-space:pre-wrap}
details{margin:8px 0}summary{cursor:pointer;padding:4px 0}
summary .stat{font-variant-numeric:tabular-nums;font-size:.86rem;white-space:nowrap}
.plus{color:var(--green)}.minus{color:var(--red)}
.diff{border:1px solid var(--line);border-radius:8px;overflow:hidden;font:.82rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.diff b{display:block;font-weight:400;color:var(--soft);background:var(--grey-bg);padding:2px 10px;white-space:pre-wrap}
.diff s,.diff ins,.diff del{display:grid;grid-template-columns:52px minmax(0,1fr);gap:10px;text-decoration:none;white-space:pre-wrap;padding-right:10px;tab-size:4;min-height:1.5em}
.diff ins{background:var(--green-bg)}.diff del{background:var(--red-bg)}
.diff s::before,.diff ins::before,.diff del::before{content:attr(data-n) "  ";text-align:right;color:var(--soft);white-space:pre}
.diff ins::before{content:attr(data-n) " +"}.diff del::before{content:attr(data-n) " −"}
.diff .finding{margin:6px 10px;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
footer{color:var(--soft);font-size:.84rem;margin-top:48px}
@media (max-width:640px){
main{padding:20px 14px 48px}h1{font-size:1.4rem}.card{padding:14px;border-radius:10px}
.facts{grid-template-columns:1fr 1fr}
.time li{grid-template-columns:1fr;gap:2px;padding:7px 0}.time .name{white-space:normal}.time .axis .name{display:none}
.plan li{grid-template-columns:auto 1fr}.plan li>.state{grid-column:2;padding-top:0;border:0}.plan li>.lanes{grid-row:1/3}
.task>header{flex-direction:column;gap:8px}
table.wide thead{display:none}table.wide tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}table.wide tr:last-child{border:0}
table.wide td{display:flex;justify-content:space-between;gap:16px;border:0;padding:2px 0;text-align:right}
table.wide td::before{content:attr(data-label);color:var(--soft);text-align:left;flex:none}
table.wide td:first-child{font-weight:600}
.diff s,.diff ins,.diff del{grid-template-columns:44px minmax(0,1fr);gap:8px;padding-right:6px}
.finding dl{grid-template-columns:1fr}.finding dt{margin-top:4px}}
@media print{body{background:#fff}.card{break-inside:avoid}details:not([open])>*{display:none}}
`
