// Drives a browser for page_test.py, through WebDriver BiDi (Firefox, for which Debian has no driver) or Chromium's own
// protocol.
//
//     node browser.mjs NODE_MODULES firefox|chrome PROGRAM BLANK
//
// BLANK is the address of the file that the only tab shows at first: Firefox loses calls now and then while a tab changes
// its process, as from about:blank to a file.
//
// A line of standard input is one call as JSON, ["page.goto", "file:///..."]; the answer is a line, {"result": ...} or
// {"error": "..."}. "told" answers with what the console and the network heard since the last time.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, name, executablePath, blank] = process.argv.slice(2);
const puppeteer = createRequire(`${modules}/x.js`)("puppeteer-core");
const forChrome = ["--disable-dev-shm-usage", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];
const args = [...(name === "chrome" ? forChrome : []), blank];
const browser = await puppeteer.launch({ browser: name, headless: true, executablePath, args });
const [page] = await browser.pages();
while (page.url() !== blank)
    await new Promise(resolve => setTimeout(resolve, 50));
let told = { console: [], asked: [] };
page.on("console", message => told.console.push(message.text()));
page.on("pageerror", error => told.console.push(String(error)));
page.on("request", request => told.asked.push(request.url()));

const targets = { page, mouse: page.mouse, keyboard: page.keyboard, touchscreen: page.touchscreen };
const answer = async ([call, ...given]) => {
    if (call === "told") {
        const heard = told;
        told = { console: [], asked: [] };
        return heard;
    }
    const [target, method] = call.split(".");
    const result = await targets[target][method](...given);
    return ["evaluate", "metrics"].includes(method) ? result : null;
};

for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(JSON.parse(line)).then(
        result => ({ result: result ?? null }), error => ({ error: String(error) }));
    console.log(JSON.stringify(reply));
}
await browser.close();
