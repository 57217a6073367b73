-- A world of `size` tables, and a function that writes ten globals and answers their sum.
big = {}
for i = 1, size do big[i] = { i, name = i } end
function ten()
  a = 1 b = 2 c = 3 d = 4 e = 5 f = 6 g = 7 h = 8 i = 9 j = 10
  return a + b + c + d + e + f + g + h + i + j
end
