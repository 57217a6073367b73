-- Couriers are fast, and take every station in turn.
return function(ship)
    local at = math.random(#stations)
    while true do
        at = at % #stations + 1
        local port = stations[at]
        repeat
            ship:steer(port.x, port.y, 3)
            coroutine.yield()
        until ship:distance(port.x, port.y) < 30
    end
end
