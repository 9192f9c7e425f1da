/** Style of the report, for screens by day and by night, and for narrow ones. */
export const reportStyle = `
:root { color-scheme: light dark; --line: #d6dbe1; --soft: #5d6875; --paper: #f3f1ea; --ask: #12833b }
@media (prefers-color-scheme: dark) { :root { --line: #3a424c; --soft: #9aa5b1; --paper: #2a2822; --ask: #4ade80 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .35rem .55rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; white-space: nowrap }
th:first-child { text-align: left } tr:first-child th { white-space: normal; vertical-align: bottom; font-weight: 600 }
td small { display: block; color: var(--soft); font-size: .75rem } .paper { background: var(--paper) }
.wide { overflow-x: auto } .note, figcaption { color: var(--soft); font-size: .85rem }
.scene { display: flex; gap: .6rem; overflow-x: auto; padding: .5rem 0; border-bottom: 1px solid var(--line) }
figure { margin: 0; flex: 0 0 9.5rem } figcaption b { color: CanvasText; font-weight: 600 }
.picture { position: relative; width: 9.5rem }
.picture img { display: block; width: 100%; image-rendering: pixelated }
.picture svg { position: absolute; inset: 0; width: 100%; height: 100% }
rect { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2 }
.ask { stroke: var(--ask) } .found { stroke: #ff3b6b; stroke-dasharray: 4 3 }
`;

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
