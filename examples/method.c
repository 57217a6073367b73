/* SPDX-License-Identifier: MIT */
/* An object of a script, and calls of its methods: each answers the next world. */
#include <moonlet.h>

#include <stdio.h>

static const char source[] =
    "Account = {} Account.__index = Account\n"
    "function Account.new(n) return setmetatable({balance = n}, Account) end\n"
    "function Account:deposit(n) self.balance = self.balance + n\n"
    "  return self.balance end\n"
    "mine = Account.new(100)";

int main(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, source);
    s = moonlet_next(s, &r);
    moonlet_value amount = moonlet_number(50);
    moonlet_state *history[4] = {s};
    for (int i = 1; i < 4; i++) {
        r = moonlet_call_method(history[i - 1], "mine.deposit", &amount, 1);
        history[i] = r.state;
    }
    for (int i = 0; i < 4; i++) {
        moonlet_term *balance;
        r = moonlet_get_term(history[i], "mine.balance", &balance);
        printf("after %d deposits: %g\n", i, moonlet_term_to_number(balance, -1));
        moonlet_term_free(balance);
        moonlet_release(r.state);
        moonlet_release(history[i]);
    }
    return 0;
}
