// Drives a browser for page_test.py, through WebDriver BiDi (Firefox, for which Debian has no driver) or Chromium's own
// protocol.
//
//     node browser.mjs NODE_MODULES firefox|chrome PROGRAM
//
// A line of standard input is one call as JSON, ["page.goto", "file:///..."]; the answer is a line, {"result": ...} or
// {"error": "..."}. "tab" opens a new tab and closes the one before; "told" answers with what its console and the
// network heard since the last time.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, name, executablePath] = process.argv.slice(2);
const puppeteer = createRequire(`${modules}/x.js`)("puppeteer-core");
const args = name === "chrome" ? ["--disable-dev-shm-usage", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])] : [];
const browser = await puppeteer.launch({ browser: name, headless: true, executablePath, args });
let page, told, targets;

/* In a tab of its own a page does not wait for what the one before has left: puppeteer's goto never returns in a tab
 * whose last page changed its address while it was left. */
const open_tab = async () => {
    const before = page;
    page = await browser.newPage();
    told = { console: [], asked: [] };
    page.on("console", message => told.console.push(message.text()));
    page.on("pageerror", error => told.console.push(String(error)));
    page.on("request", request => told.asked.push(request.url()));
    targets = { page, mouse: page.mouse, keyboard: page.keyboard, touchscreen: page.touchscreen };
    await before?.close();
};

const answer = async ([call, ...given]) => {
    if (call === "told") {
        const heard = told;
        told = { console: [], asked: [] };
        return heard;
    }
    if (call === "tab")
        return await open_tab();
    const [target, method] = call.split(".");
    const result = await targets[target][method](...given);
    return ["evaluate", "metrics"].includes(method) ? result : null;
};

await open_tab();
for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(JSON.parse(line)).then(
        result => ({ result: result ?? null }), error => ({ error: String(error) }));
    console.log(JSON.stringify(reply));
}
await browser.close();
