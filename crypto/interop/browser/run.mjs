// Runs the crate's self-test in Chromium and prints its lines: node run.mjs MODULE_FOLDER OWN_VECTORS PLAYWRIGHT
// or, with `timing TAGS BATCH UNWRAPS` behind these, dudect over what opens and compares.
//
// MODULE_FOLDER holds browser.js and browser_bg.wasm as wasm-bindgen wrote them, PLAYWRIGHT is a folder whose
// node_modules has playwright-core.
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'

const [modules, vectors, home, what, ...counts] = process.argv.slice(2)
const { chromium } = createRequire(path.join(home, 'package.json'))('playwright-core')
const DEBIAN = '/usr/bin/chromium'
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

const server = http.createServer((request, response) => {
  const name = path.basename(request.url)
  const type = TYPES[path.extname(name)]
  if (name === 'index.html') {
    // Isolated as the vault is: the clock is finer then.
    const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    response.writeHead(200, { 'Content-Type': type, ...isolated }).end('<!doctype html><link rel="icon" href="data:,"><title>self-test</title>')
  } else if (type && fs.existsSync(path.join(modules, name))) {
    response.writeHead(200, { 'Content-Type': type }).end(fs.readFileSync(path.join(modules, name)))
  } else {
    response.writeHead(404).end()
  }
})
await new Promise((ready) => server.listen(0, '127.0.0.1', ready))

const browser = await chromium.launch({
  executablePath: fs.existsSync(DEBIAN) ? DEBIAN : undefined,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
try {
  const page = await browser.newPage()
  page.on('console', (message) => console.error(message.text()))
  await page.goto(`http://127.0.0.1:${server.address().port}/index.html`)
  const files = fs.readdirSync(vectors)
  const names = files.map((file) => path.parse(file).name)
  const texts = files.map((file) => fs.readFileSync(path.join(vectors, file), 'utf8'))
  const lines = await page.evaluate(
    async ([names, texts, what, counts]) => {
      const module = await import('/browser.js')
      await module.default()
      return what === 'timing' ? module.timing(...counts) : module.selfTest(names, texts)
    },
    [names, texts, what, counts.map(Number)],
  )
  console.log(lines.join('\n'))
} finally {
  await browser.close()
  server.close()
}
