-- Miners fill their holds in the belt of rocks and bring it all home.
return function(ship)
    local hold, brought = 0, 0
    while true do
        local rock = rocks[math.random(#rocks)]
        repeat
            ship:steer(rock.x, rock.y, 0.9)
            coroutine.yield()
        until ship:distance(rock.x, rock.y) < 10
        while hold < 10 do
            hold = hold + math.random(4)
            ship:stop()
            coroutine.yield()
        end
        repeat
            ship:steer(ship.home.x, ship.home.y, 0.7)
            coroutine.yield()
        until ship:distance(ship.home.x, ship.home.y) < 14
        hold, brought = 0, brought + hold
    end
end
