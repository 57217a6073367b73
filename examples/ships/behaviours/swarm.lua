-- A swarm drifts around the middle of the world, each one beside the next.
return function(ship)
    local angle, far = math.random() * 6.28, 0.35 + 0.6 * math.random()
    while true do
        local other, near = ship:nearest("swarm", 30)
        angle = angle + 0.06 + 0.05 * (1 - far)
        local x = WIDTH / 2 + far * 560 * math.cos(angle)
        local y = HEIGHT / 2 + far * 270 * math.sin(angle)
        if other and near < 12 then
            local ox, oy = other:at(now)
            local sx, sy = ship:at(now)
            x, y = x + 3 * (sx - ox), y + 3 * (sy - oy)
        end
        ship:steer(x, y, 1.5)
        coroutine.yield()
    end
end
