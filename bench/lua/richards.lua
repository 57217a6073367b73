-- An operating system's scheduler (after Richards): objects, queues, dispatch by method.
local N = tonumber(arg and arg[1]) or 240

local IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = 1, 2, 3, 4, 5, 6
local DEV, WORK = 1, 2

local Packet = {}
Packet.__index = Packet
function Packet.new(link, id, kind)
  return setmetatable({ link = link, id = id, kind = kind, datum = 0, data = { 0, 0, 0, 0 } }, Packet)
end
function Packet:append_to(queue)
  self.link = nil
  if not queue then return self end
  local last = queue
  while last.link do last = last.link end
  last.link = self
  return queue
end

local Scheduler = {}
Scheduler.__index = Scheduler
function Scheduler.new() return setmetatable({ tasks = {}, list = nil, queued = 0, held = 0 }, Scheduler) end

local Task = {}
Task.__index = Task
function Scheduler:add(id, priority, queue, handler, state)
  local task = setmetatable({
    link = self.list, id = id, priority = priority, queue = queue, handler = handler,
    waiting = state.waiting, held = false, pending = queue ~= nil, scheduler = self,
  }, Task)
  self.list = task
  self.tasks[id] = task
end
function Task:blocked() return self.held or (self.waiting and not self.pending) end
function Task:run()
  local packet
  if self.waiting and self.pending then
    packet = self.queue
    self.queue = packet.link
    self.waiting = false
    self.pending = self.queue ~= nil
  end
  return self.handler:run(self, packet)
end
function Task:give(packet, current)
  if not self.queue then
    self.queue = packet
    self.pending = true
    packet.link = nil
    if self.priority > current.priority then return self end
  else
    self.queue = packet:append_to(self.queue)
  end
  return current
end
function Task:wait() self.waiting = true return self end
function Task:hold()
  self.scheduler.held = self.scheduler.held + 1
  self.held = true
  return self.link
end
function Task:release(id)
  local t = self.scheduler.tasks[id]
  t.held = false
  if t.priority > self.priority then return t end
  return self
end
function Task:send(packet)
  local t = self.scheduler.tasks[packet.id]
  self.scheduler.queued = self.scheduler.queued + 1
  packet.id = self.id
  return t:give(packet, self)
end
function Scheduler:schedule()
  local current = self.list
  while current do
    if current:blocked() then current = current.link else current = current:run() end
  end
end

-- a xor 0xD008 by arithmetic, so that it runs everywhere
local function xor_d008(a)
  local r, bit, b = 0, 1, 0xD008
  while a > 0 or b > 0 do
    if a % 2 ~= b % 2 then r = r + bit end
    a, b, bit = math.floor(a / 2), math.floor(b / 2), bit * 2
  end
  return r
end

local Idle = {}
Idle.__index = Idle
function Idle:run(task)
  self.count = self.count - 1
  if self.count == 0 then return task:hold() end
  if self.control % 2 == 0 then
    self.control = math.floor(self.control / 2)
    return task:release(DEVICE_A)
  end
  self.control = xor_d008(math.floor(self.control / 2))
  return task:release(DEVICE_B)
end

local Worker = {}
Worker.__index = Worker
function Worker:run(task, packet)
  if not packet then return task:wait() end
  self.to = self.to == HANDLER_A and HANDLER_B or HANDLER_A
  packet.id = self.to
  packet.datum = 1
  for i = 1, 4 do
    self.n = self.n % 26 + 1
    packet.data[i] = 64 + self.n
  end
  return task:send(packet)
end

local Handler = {}
Handler.__index = Handler
function Handler:run(task, packet)
  if packet then
    if packet.kind == WORK then
      self.work = packet:append_to(self.work)
    else
      self.devices = packet:append_to(self.devices)
    end
  end
  local work = self.work
  if work then
    if work.datum > 4 then
      self.work = work.link
      return task:send(work)
    end
    local device = self.devices
    if device then
      self.devices = device.link
      device.datum = work.data[work.datum]
      work.datum = work.datum + 1
      return task:send(device)
    end
  end
  return task:wait()
end

local Device = {}
Device.__index = Device
function Device:run(task, packet)
  if not packet then
    local held = self.held
    if not held then return task:wait() end
    self.held = nil
    return task:send(held)
  end
  self.held = packet
  return task:hold()
end

local queued, held
for _ = 1, N do
  local s = Scheduler.new()
  s:add(IDLE, 0, nil, setmetatable({ control = 1, count = 1000 }, Idle), {})
  local q = Packet.new(Packet.new(nil, WORKER, WORK), WORKER, WORK)
  s:add(WORKER, 1000, q, setmetatable({ to = HANDLER_A, n = 0 }, Worker), { waiting = true })
  q = Packet.new(Packet.new(Packet.new(nil, DEVICE_A, DEV), DEVICE_A, DEV), DEVICE_A, DEV)
  s:add(HANDLER_A, 2000, q, setmetatable({}, Handler), { waiting = true })
  q = Packet.new(Packet.new(Packet.new(nil, DEVICE_B, DEV), DEVICE_B, DEV), DEVICE_B, DEV)
  s:add(HANDLER_B, 3000, q, setmetatable({}, Handler), { waiting = true })
  s:add(DEVICE_A, 4000, nil, setmetatable({}, Device), { waiting = true })
  s:add(DEVICE_B, 5000, nil, setmetatable({}, Device), { waiting = true })
  s:schedule()
  assert(not queued or queued == s.queued)
  queued, held = s.queued, s.held
end
print(queued, held)
