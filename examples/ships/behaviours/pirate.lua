-- Pirates lie in wait between the stations for whom they can rob, and run when they are hurt.
local function prey(ship)
    return ship:nearest("trader", 60) or ship:nearest("miner", 40)
end

return function(ship)
    local robbed, hide = 0, nil
    while true do
        local victim = ship.hp > 40 and prey(ship)
        if victim then
            local x, y = victim:at(now)
            if ship:distance(x, y) < 24 and ship:fire(victim, 20) then robbed = robbed + 1 end
            ship:chase(victim, 1.5)
            hide = nil
        else
            local guard = ship:nearest("patrol", 50)
            hide = hide or {x = math.random(WIDTH), y = math.random(HEIGHT)}
            if guard then ship:flee(guard, 1.6) else ship:steer(hide.x, hide.y, 0.8) end
            if ship:distance(hide.x, hide.y) < 30 then
                ship.hp = math.min(100, ship.hp + 5)
                if math.random(8) == 1 then hide = nil end
            end
        end
        coroutine.yield()
    end
end
