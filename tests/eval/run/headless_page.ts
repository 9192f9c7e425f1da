/** A page in headless Chromium, over the DevTools protocol. */

/** What opening a page showed. */
export interface PageVisit {
  /** Addresses that were asked for, but for the page itself and data in it. */
  readonly requests: string[];
  /** Errors, warnings and whatever else reached the console. */
  readonly messages: string[];
  /** What `expression` gave in the page. */
  readonly value: unknown;
}

const names = ["chromium", "chromium-browser", "google-chrome"];

/** The first Chromium that is installed. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of names) {
    try {
      const command = new Deno.Command(name, {
        args: ["--version"],
        stdout: "null",
        stderr: "null",
      });
      if ((await command.output()).success) return name;
    } catch {
      // not installed
    }
  }
}

/** Opens `url` in a window `width` pixels wide and evaluates `expression` once it is loaded. */
export async function visitPage(
  chromium: string,
  url: string,
  { width, expression }: { width: number; expression: string },
): Promise<PageVisit> {
  const profile = await Deno.makeTempDir();
  const browser = new Deno.Command(chromium, {
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"],
      ...["--disable-background-networking", "--disable-sync"],
      ...[`--window-size=${width},900`, "--remote-debugging-port=0"],
      `--user-data-dir=${profile}`,
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    const endpoint = await endpointOf(browser.stderr);
    return await visit(endpoint, url, expression);
  } catch (error) {
    browser.kill("SIGKILL");
    throw error;
  } finally {
    await browser.status;
    await removeWhole(profile);
  }
}

/** Reads what Chromium says until it tells its address, and drops the rest. */
async function endpointOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`Chromium ended: ${text}`);
    text += value;
    const found = /DevTools listening on (ws:\S+)/.exec(text);
    if (found === null) continue;
    await reader.cancel();
    return found[1]!;
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  // deno-lint-ignore no-explicit-any
  readonly params?: any;
  // deno-lint-ignore no-explicit-any
  readonly result?: any;
}

async function visit(
  endpoint: string,
  url: string,
  expression: string,
): Promise<PageVisit> {
  const socket = new WebSocket(endpoint);
  await new Promise((opened) => socket.onopen = opened);
  const requests: string[] = [], messages: string[] = [];
  const answers = new Map<number, (message: Message) => void>();
  const loaded = Promise.withResolvers<void>();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data) as Message;
    answers.get(message.id ?? -1)?.(message);
    const { method, params } = message;
    if (method === "Page.loadEventFired") loaded.resolve();
    if (method === "Network.requestWillBeSent") {
      requests.push(params.request.url);
    }
    if (method === "Log.entryAdded") messages.push(params.entry.text);
    if (method === "Runtime.consoleAPICalled") messages.push(params.type);
    if (method === "Runtime.exceptionThrown") {
      messages.push(params.exceptionDetails.text);
    }
  };
  let id = 0;
  let sessionId: string | undefined;
  const send = async (method: string, params: object = {}) => {
    const answer = new Promise<Message>((got) => answers.set(++id, got));
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    return (await answer).result;
  };
  const { targetId } = await send("Target.createTarget", {
    url: "about:blank",
  });
  ({ sessionId } = await send("Target.attachToTarget", {
    targetId,
    flatten: true,
  }));
  for (const part of ["Page", "Network", "Log", "Runtime"]) {
    await send(`${part}.enable`);
  }
  await send("Page.navigate", { url });
  await loaded.promise;
  const { result } = await send("Runtime.evaluate", {
    expression,
    returnByValue: true,
  });
  const closed = new Promise((done) => socket.onclose = done);
  sessionId = undefined;
  await send("Browser.close");
  await closed;
  return {
    requests: requests.filter((one) => one !== url && !one.startsWith("data:")),
    messages,
    value: result.value,
  };
}

/** Helpers of the browser may write for a moment after it ended. */
async function removeWhole(folder: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (!(error instanceof Error) || !/not empty/i.test(error.message)) {
        throw error;
      }
    }
  }
}
