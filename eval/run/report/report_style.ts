/** Style of the report, for screens by day and by night, and for narrow ones. */
export const reportStyle = `
:root { color-scheme: light dark; --page: #fff; --line: #d6dbe1; --soft: #5d6875; --paper: #f3f1ea; --tile: #eceff2 }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --line: #3a424c; --soft: #9aa5b1; --paper: #2a2822; --tile: #262c33 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 2rem auto; padding: 0 1rem; background: var(--page) }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.4rem }
h3 { font-size: .95rem; font-weight: 600; margin: 1.1rem 0 .4rem } h3 span { color: var(--soft); font-weight: 400 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; white-space: nowrap }
thead th { white-space: normal; vertical-align: bottom; font-weight: 600 }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--page); font-weight: 600 }
.text { text-align: left } td small { display: block; color: var(--soft); font-size: .75rem } .paper { background: var(--paper) }
thead .paper { white-space: nowrap } thead .paper[colspan] { text-align: center }
.wide { overflow-x: auto } .note, figcaption, .legend { color: var(--soft); font-size: .85rem }
.note { max-width: 60rem } details { margin: .6rem 0 } summary { cursor: pointer }
code { font-size: .8rem; overflow-wrap: anywhere }
.scene { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 45%), 1fr)); gap: .6rem; padding-bottom: 1rem; border-bottom: 1px solid var(--line) }
figure { margin: 0; max-width: 14rem } figcaption b { color: CanvasText; font-weight: 600 }
.picture { position: relative; background: var(--tile) }
.picture img { display: block; width: 100%; height: auto } .small img { image-rendering: pixelated }
.picture svg { position: absolute; inset: 0; width: 100%; height: 100% }
.picture i, .reference i { position: absolute; padding: 0 .25em; background: #000b; color: #fff; font: 600 .7rem/1.3 system-ui, sans-serif }
.references { display: grid; grid-template-columns: 1fr 1fr; gap: .3rem } .reference { position: relative; background: var(--tile) }
.reference:only-child { grid-column: span 2 } .reference i { left: 0; top: 0 }
.reference img { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: contain }
rect { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2 }
.ask { stroke: #3df08a } .found { stroke: #ff5c8a; stroke-dasharray: 6 4 } .other { stroke: #ffb020; stroke-dasharray: 2 3 }
.halo { stroke: #000a; stroke-width: 4 }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; align-items: center } .legend svg { width: 2rem; height: 1rem; vertical-align: -.15rem; background: #7f8790; margin-right: .4rem }
`;
