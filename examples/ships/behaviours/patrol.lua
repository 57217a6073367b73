-- Patrols circle around their station and go after pirates.
return function(ship)
    local angle, radius = math.random() * 6.28, 30 + math.random(45)
    local turn = math.random(2) == 1 and 0.35 or -0.35
    while true do
        local pirate, far = ship:nearest("pirate", 64)
        if pirate and far < 30 then
            ship:fire(pirate, 15)
            ship:chase(pirate, 1.4)
        elseif pirate then
            ship:chase(pirate, 1.7)
        else
            angle = angle + turn
            ship:steer(ship.home.x + radius * math.cos(angle), ship.home.y + radius * math.sin(angle), 1.2)
        end
        coroutine.yield()
    end
end
