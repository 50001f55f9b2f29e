-- SPDX-License-Identifier: ISC
-- The same bytes from Debian's interpreter and from ours.
local function show(...)
	print(select("#", ...), ...)
end

show(_VERSION, math.maxinteger, 7 // 2, 7.5 % 2, 2 ^ 53, 1e308 * 10, -1 >> 60)
show(string.format("%5.2f|%-8s|%08x|%q|%a", 3.14159, "left", 48879, "a\n\"b\"\0c", 1.5))
show(string.pack("<i4 >i2 z s1", 1, 2, "three", "four"):byte(1, -1))
show(("hello world from lua"):gsub("%w+", string.upper))
show(("k1=v1, k2=v2"):match("(%w+)=(%w+), (%w+)=(%w+)"))
for p, c in utf8.codes("aäß€") do io.write(p, ":", c, " ") end
print()

local co = coroutine.wrap(function(a)
	for i = 1, 3 do a = coroutine.yield(a * i) end
	error({ code = 42 })
end)
show(co(10), co(20), co(30))
show(select(2, pcall(co, 1)).code)
show(select(2, pcall(function() local x = nil; return x.y end)))

local t = {}
for i = 1, 2000 do t[i] = (i * 7919) % 2003 end
table.sort(t, function(a, b) return a > b end)
show(t[1], t[1000], t[2000], #table.concat(t, ","))
local weak = setmetatable({}, { __mode = "v" })
for i = 1, 100 do weak[i] = { i } end
collectgarbage()
show(next(weak))
for i = 1, 200 do local s = ("x"):rep(i * 1000) end
show(collectgarbage("count") < 20000)

local name = os.tmpname()
local f = assert(io.open(name, "w+b"))
show(f:seek("end"), f:write("one\ntwo\n3.5 0x10 rest\n") == f, f:seek("set"))
show(f:read("l", "L", "n", "n", "a"))
f:close()
for line in io.lines(name) do io.write("[", line, "]") end
print()
show(os.rename(name, name .. ".x"), os.remove(name .. ".x"), (os.remove(name)))
show(io.open("/does/not/exist"))
local p = io.popen("echo out; exit 3")
show(p:read("a"), p:close())
show(os.execute("exit 5"))
show(os.execute("kill -9 $$"))
show(os.date("!%Y-%m-%d %H:%M:%S", 1e9), os.time({ year = 2001, month = 9, day = 9, hour = 12 }))
show(os.getenv("VENEER_TEST"), os.getenv("NOT_SET"))
show(load("return 1 +"))
show(pcall(require, "not.there") == false, package.config:sub(1, 1))
local g <close> = setmetatable({}, { __close = function() print("closed") end })
goto done
print("never")
::done::
show(string.rep("ab", 3, "-"), ("x"):rep(0), tostring(0/0):gsub("-", ""))
