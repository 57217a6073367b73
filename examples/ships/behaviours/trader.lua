-- Traders carry goods from station to station, and run from pirates.
return function(ship)
    local trips = 0
    while true do
        local port = stations[math.random(#stations)]
        repeat
            local pirate = ship:nearest("pirate", 40)
            if pirate then ship:flee(pirate, 1.6) else ship:steer(port.x, port.y, 1.2) end
            coroutine.yield()
        until ship:distance(port.x, port.y) < 14
        trips = trips + 1
        for _ = 1, 2 + math.random(3) do
            ship:stop()
            coroutine.yield()
        end
    end
end
