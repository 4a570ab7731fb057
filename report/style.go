package report

import "html/template"

// style is the page's look, on a screen and on paper.
const style template.CSS = `
:root{--ink:#1d2733;--soft:#5b6875;--line:#dde3e9;--own:#0072B2;--good:#00734f;--bad:#a63c00}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;color:var(--ink);background:#fff;max-width:1000px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:30px;line-height:1.2;margin:0 0 8px}
h2{font-size:21px;margin:36px 0 10px;padding-top:14px;border-top:2px solid var(--ink)}
h3{font-size:17px;margin:30px 0 8px}
h4{font-size:14px;margin:16px 0 6px}
p{margin:6px 0;max-width:80ch}
.kind{text-transform:uppercase;letter-spacing:.12em;font-size:12px;color:var(--own);font-weight:600}
.meta,.note,nav{color:var(--soft);font-size:13.5px}
nav{margin:14px 0;border-bottom:1px solid var(--line);padding-bottom:8px}
nav a{color:var(--soft);margin-right:12px;white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(215px,1fr));gap:12px;margin:18px 0}
.tile{border:1px solid var(--line);border-left:4px solid #8a97a5;border-radius:4px;padding:10px 14px}
.tile.better{border-left-color:var(--good)}.tile.worse{border-left-color:var(--bad)}
.tile p{margin:0}.tile .k{font-size:12.5px;color:var(--soft)}.tile .v{font-size:25px;font-weight:600;font-variant-numeric:tabular-nums}
.tile .v span{font-size:13px;font-weight:400;color:var(--soft)}.tile .s{font-size:12.5px;color:var(--soft)}.tile .s span{white-space:nowrap}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;margin:10px 0;max-width:100%}
th,td{text-align:left;padding:3px 14px 3px 0;vertical-align:top;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}
td.n,th.n{text-align:right}
td.i,td:first-child,td code{white-space:nowrap}
td.w{min-width:240px}
table.uses td:first-child{white-space:normal;min-width:120px}table.uses b{white-space:nowrap;font-weight:600}
table.text th{white-space:nowrap}table.text td,table.text code{white-space:normal}
tr.own td{font-weight:600}
tr.own td:first-child{color:var(--own)}
.charts{display:flex;flex-wrap:wrap;gap:10px}
.charts figure{margin:0;max-width:100%}.charts>div{flex:1 1 330px;min-width:0}
svg.chart{max-width:100%;height:auto}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;fill:var(--soft)}
svg .ct{font-size:12.5px;font-weight:600;fill:var(--ink)}
svg .mid{text-anchor:middle}svg .end{text-anchor:end}
svg .axis{stroke:#6f7c88;stroke-width:1;fill:none}svg .grid{stroke:#e8ecf0;stroke-width:1}
svg .mark{stroke:#8a97a5;stroke-width:1;stroke-dasharray:3 3}svg .equal{stroke:#8a97a5;stroke-width:1}
.warn{color:var(--bad);font-weight:600}.fine{color:var(--good);font-weight:600}
.scroll{overflow-x:auto}
details{margin:8px 0}summary{cursor:pointer;color:var(--soft);font-size:13.5px}
pre{background:#f5f7f9;border:1px solid var(--line);border-radius:4px;padding:10px 12px;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:12.5px ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;overflow-wrap:anywhere}
@media print{
@page{margin:14mm}
body{max-width:none;padding:0;font-size:10.5pt}
nav{display:none}
section.chapter+section.chapter{break-before:page}
h2,h3,h4{break-after:avoid}
tr,figure,.tile,pre{break-inside:avoid}
details::details-content{content-visibility:visible;display:block}summary{display:none}
table{font-size:8pt}th,td{padding-right:8px}
.charts{flex-wrap:nowrap}.charts figure{flex:1 1 0;min-width:0}svg.chart{width:100%}.charts>div{flex:1.4 1 0}
.tile .v{font-size:16pt}.tiles{grid-template-columns:repeat(3,1fr)}
.scroll{overflow:visible}
a{color:inherit;text-decoration:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`
