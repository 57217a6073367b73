// SPDX-License-Identifier: MIT
//
// foreign.js MOONLET: conversations of moonlet --dap with a client that others have written:
// @vscode/debugadapter-testsupport, which VS Code's own adapters are tested with.
"use strict"
const assert = require("assert")
const fs = require("fs")
const os = require("os")
const path = require("path")
const {DebugClient} = require("@vscode/debugadapter-testsupport")

const moonlet = path.resolve(process.argv[2])
const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "moonlet-dap-")))
const program = path.join(dir, "prog.lua")
fs.writeFileSync(program, `local t = {hp = 10}
local co = coroutine.wrap(function(a)
  local b = a + 1
  coroutine.yield(b)
  t.hp = t.hp - b
  return b
end)
local first = co(1)
local second = co()
pcall(error, "caught")
for i = 1, 5 do
  t.hp = t.hp + i
end
print("hp", t.hp)
error("at the end")
`)

const thread = stopped => ({threadId: stopped.body.threadId})
const stop = (dc, reason, line) => dc.assertStoppedLocation(reason, {path: program, line})

// A move and the place it leads to; the last stop is kept.
async function go(dc, command, reason, line) {
  const stopped = dc.waitForEvent("stopped")
  await dc[command + "Request"](thread(dc.last))
  dc.last = await stopped
  assert.strictEqual(dc.last.body.reason, reason)
  const frames = (await dc.stackTraceRequest(thread(dc.last))).body.stackFrames
  const frame = frames.find(f => f.line > 0)
  assert.strictEqual(frame.line, line)
  return frame
}

async function launch(dc, options, prepare) {
  const stopped = dc.waitForEvent("stopped")
  await Promise.all([
    dc.waitForEvent("initialized").then(() => prepare && prepare()).then(() =>
      dc.configurationDoneRequest()),
    dc.launch({program, cwd: dir, ...options}),
    stopped.then(e => { dc.last = e }),
  ])
}

async function innermost(dc) {
  return (await dc.stackTraceRequest(thread(dc.last))).body.stackFrames.find(f => f.line > 0)
}

async function scope(dc, name) {
  const {id} = await innermost(dc)
  const scopes = (await dc.scopesRequest({frameId: id})).body.scopes
  return scopes.find(s => s.name === name).variablesReference
}

const tests = {
  "a break is hit": dc => dc.hitBreakpoint({program, cwd: dir}, {path: program, line: 12}),

  "back across a switch of coroutines": async dc => {
    await launch(dc, {}, () => dc.setBreakpointsRequest(
      {source: {path: program}, breakpoints: [{line: 5}]}))
    assert.strictEqual((await innermost(dc)).line, 5)
    const inside = dc.last.body.threadId
    await go(dc, "stepBack", "step", 9)
    assert.notStrictEqual(dc.last.body.threadId, inside)
    await go(dc, "stepBack", "step", 4)
    assert.strictEqual(dc.last.body.threadId, inside)
    const threads = (await dc.threadsRequest()).body.threads
    assert.strictEqual(threads.length, 2)
  },

  "reverse continue to a data breakpoint": async dc => {
    await launch(dc, {stopAtEnd: true})
    const {id} = await innermost(dc)
    const info = await dc.dataBreakpointInfoRequest({name: "t.hp", frameId: id})
    assert.ok(info.body.dataId)
    await dc.setDataBreakpointsRequest({breakpoints: [{dataId: info.body.dataId}]})
    const frame = await go(dc, "reverseContinue", "data breakpoint", 12)
    const i = await dc.evaluateRequest({expression: "i", frameId: frame.id, context: "hover"})
    assert.strictEqual(i.body.result, "5")
    for (const turn of [4, 3, 2, 1]) {
      const f = await go(dc, "reverseContinue", "data breakpoint", 12)
      const r = await dc.evaluateRequest({expression: "i", frameId: f.id, context: "hover"})
      assert.strictEqual(r.body.result, String(turn))
    }
    await go(dc, "reverseContinue", "data breakpoint", 5)
  },

  "conditions, hits and log messages": async dc => {
    const said = []
    dc.on("output", e => { if (e.body.category === "console") said.push(e.body.output) })
    await launch(dc, {}, () => dc.setBreakpointsRequest({source: {path: program}, breakpoints: [
      {line: 12, logMessage: "i is {i}"}, {line: 13, hitCondition: "3"},
      {line: 14, condition: "t.hp == 23"}]}))
    assert.strictEqual((await innermost(dc)).line, 14)
    assert.deepStrictEqual(said, [1, 2, 3, 4, 5].map(i => `i is ${i}\n`))
  },

  "errors that are caught": async dc => {
    await launch(dc, {}, () => dc.setExceptionBreakpointsRequest({filters: ["all"]}))
    assert.strictEqual(dc.last.body.reason, "exception")
    assert.strictEqual((await innermost(dc)).line, 10)
    const info = await dc.exceptionInfoRequest(thread(dc.last))
    assert.strictEqual(info.body.breakMode, "always")
    assert.strictEqual(info.body.description, "caught")
    await go(dc, "continue", "exception", 15)
    await go(dc, "reverseContinue", "exception", 10)
  },

  "variables, paged, and changed": async dc => {
    await launch(dc, {}, () => dc.setBreakpointsRequest(
      {source: {path: program}, breakpoints: [{line: 12}]}))
    const locals = await scope(dc, "Locals")
    const all = (await dc.variablesRequest({variablesReference: locals})).body.variables
    assert.strictEqual(all.find(v => v.name === "i").value, "1")
    const t = all.find(v => v.name === "t")
    const changed = await dc.setVariableRequest(
      {variablesReference: t.variablesReference, name: "hp", value: "1000"})
    assert.strictEqual(changed.body.value, "1000")
    await go(dc, "next", "step", 11)
    const frame = await innermost(dc)
    const hp = await dc.evaluateRequest({expression: "t.hp", frameId: frame.id})
    assert.strictEqual(hp.body.result, "1001")
  },

  "it ends": async dc => {
    const exited = dc.waitForEvent("exited"), terminated = dc.waitForEvent("terminated")
    await launch(dc, {})
    assert.strictEqual(dc.last.body.reason, "exception")
    await dc.continueRequest(thread(dc.last))
    assert.strictEqual((await exited).body.exitCode, 1)
    await terminated
  },
}

// The configurations that docs/DEBUGGING.md has for editors.
const blocks = {}
for (const [, language, text] of fs.readFileSync(path.join(__dirname, "../../docs/DEBUGGING.md"),
  "utf8").matchAll(/^```(\w+)\n([^]*?)^```$/gm)) (blocks[language] ||= []).push(text)

tests["the configuration for VS Code, launched"] = async dc => {
  const [extension, launching] = blocks.json.map(text => JSON.parse(text))
  const adapter = extension.contributes.debuggers[0], config = launching.configurations[0]
  assert.deepStrictEqual(adapter.args, ["--dap"])
  assert.strictEqual(config.type, adapter.type)
  const known = adapter.configurationAttributes[config.request].properties
  const fill = v => typeof v === "string" ?
    v.replace("${file}", program).replace("${workspaceFolder}", dir) : v
  const options = {}
  for (const [key, v] of Object.entries(config)) {
    assert.ok(key in known || ["type", "request", "name"].includes(key), key)
    options[key] = fill(v)
  }
  await launch(dc, options)
  assert.strictEqual((await innermost(dc)).line, 15)
}

// With what Neovim and its plugin would hand in.
tests["the configuration for Neovim, launched"] = async dc => {
  const stub = `
    local dap = {adapters = {}, configurations = {}}
    package.preload.dap = function() return dap end
    vim = {keymap = {set = function(_, key, f) keys = (keys or 0) + 1 end}}
    for _, name in ipairs {"continue", "step_over", "step_back", "reverse_continue"} do
      dap[name] = print
    end
    ${blocks.lua[0]}
    local a, c = dap.adapters.moonlet, dap.configurations.lua[1]
    io.write(a.type, " ", table.concat(a.args, " "), " ", c.type, " ", c.request, " ", keys, " ",
      tostring(c.stopAtEnd), " ", c.program, " ", c.cwd)`
  const out = require("child_process").execFileSync(moonlet, ["-e", stub], {encoding: "utf8"})
  assert.strictEqual(out,
    "executable --dap moonlet launch 4 true ${file} ${workspaceFolder}")
}

tests["the configuration for Emacs can be read"] = async dc => {
  let depth = 0, text = false
  for (const c of blocks.elisp[0]) {
    if (c === '"') text = !text
    if (!text && c === "(") depth++
    if (!text && c === ")") assert.ok(--depth >= 0)
  }
  assert.strictEqual(depth, 0)
  assert.ok(/:type "moonlet"/.test(blocks.elisp[0]))
}

async function main() {
  let passed = 0, failed = 0
  for (const [name, test] of Object.entries(tests)) {
    const dc = new DebugClient(moonlet, "--dap", "moonlet")
    dc.defaultTimeout = 60000
    try {
      await dc.start()
      await test(dc)
      console.log("ok - " + name)
      passed++
    } catch (e) {
      console.log("not ok - " + name + "\n    " + String(e.stack).replace(/\n/g, "\n    "))
      failed++
    }
    await dc.stop().catch(() => {})
  }
  fs.rmSync(dir, {recursive: true})
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed ? 1 : 0)
}
main()
