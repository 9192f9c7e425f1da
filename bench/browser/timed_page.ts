/** How an exported page is run. */
export interface PageMode {
  /** What onnxruntime-web runs on. */
  readonly provider: "wasm" | "webgpu";
  readonly threads: number;
}

/** What a page tells once its picture is there, or why there is none. */
export interface PageTimes {
  /** From the page's start, in milliseconds. */
  readonly steps?: readonly number[];
  /** Likewise. */
  readonly picture?: number;
  /** The picture as a PNG file's data URL. */
  readonly url?: string;
  readonly error?: string;
}

/** Watches the page's own words: the line that counts steps, and the canvas. */
const watch = `<script>
const steps = [], tell = (what) => fetch("done", { method: "POST", body: JSON.stringify(what) });
addEventListener("error", ({ message }) => tell({ error: message }));
addEventListener("unhandledrejection", ({ reason }) => tell({ error: String(reason) }));
new MutationObserver((seen) => {
  for (const { target } of seen) {
    if (target.nodeName === "P" && target.textContent.startsWith("step")) steps.push(performance.now());
    if (target.nodeName === "CANVAS") {
      const picture = performance.now();
      return setTimeout(() => tell({ steps, picture, url: target.toDataURL() }), 500);
    }
  }
}).observe(document, { childList: true, subtree: true, attributes: true });
</script>`;

/**
 * The exported page as it is, but for where onnxruntime-web comes from, with a script that watches
 * it.
 *
 * @throws {Error} if the page does not look as expected.
 */
export function timedPage(
  page: string,
  { provider, threads }: PageMode,
): string {
  const file = provider === "webgpu"
    ? "ort.webgpu.min.mjs"
    : "ort.wasm.min.mjs";
  const changes: [RegExp, string][] = [
    [
      /import \* as ort from "[^"]*";/,
      `import * as ort from "/ort/${file}";
ort.env.wasm.numThreads = ${threads};`,
    ],
    [/<script type="module">/, `${watch}<script type="module">`],
  ];
  return changes.reduce((text, [pattern, replacement]) => {
    if (!pattern.test(text)) throw new Error(`The page lacks ${pattern}`);
    return text.replace(pattern, () => replacement);
  }, page);
}
