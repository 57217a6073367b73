/* SPDX-License-Identifier: MIT */
/*
 * Reading a frame out of its state: nothing runs, and the state stays what it is. Another
 * thread could play on from it meanwhile.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

/* Keys lie on the stack, where the collector sees them. */
typedef struct Keys {
    moonlet_value x, y, vx, vy, ax, ay, since, hp, kind, kinds[KINDS];
} Keys;

static void make_keys(Keys *k)
{
    k->x = moonlet_text("x");
    k->y = moonlet_text("y");
    k->vx = moonlet_text("vx");
    k->vy = moonlet_text("vy");
    k->ax = moonlet_text("ax");
    k->ay = moonlet_text("ay");
    k->since = moonlet_text("since");
    k->hp = moonlet_text("hp");
    k->kind = moonlet_text("kind");
    for (int i = 0; i < KINDS; i++) k->kinds[i] = moonlet_text(kind_names[i]);
}

/* 0 for what is no finite number: a saved world may be anybody's. */
static double number(const moonlet_state *s, moonlet_value t, moonlet_value key)
{
    double d = 0;
    moonlet_to_number(moonlet_raw_get(s, t, key), &d);
    return isfinite(d) && fabs(d) < 1e9 ? d : 0;
}

static int kind_of(const Keys *k, moonlet_value name)
{
    for (int i = 0; i < KINDS; i++)
        if (moonlet_equal(name, k->kinds[i])) return i;
    return 0;
}

static int count_of(const moonlet_state *s, moonlet_value t, int most)
{
    size_t n = moonlet_raw_length(s, t);
    return n < (size_t)most ? (int)n : most;
}

static void look_ships(const moonlet_state *s, const Keys *k, View *v)
{
    moonlet_value all = moonlet_global(s, "ships");
    v->ships = count_of(s, all, SHIPS);
    for (int i = 0; i < v->ships; i++) {
        moonlet_value t = moonlet_raw_get(s, all, moonlet_number(i + 1));
        v->ship[i] = (Ship){.x = number(s, t, k->x),
                            .y = number(s, t, k->y),
                            .vx = number(s, t, k->vx),
                            .vy = number(s, t, k->vy),
                            .ax = number(s, t, k->ax),
                            .ay = number(s, t, k->ay),
                            .age = v->now - number(s, t, k->since),
                            .hp = number(s, t, k->hp),
                            .kind = kind_of(k, moonlet_raw_get(s, t, k->kind))};
    }
}

static int look_places(const moonlet_state *s, const Keys *k, const char *name, Place *out,
                       int most)
{
    moonlet_value all = moonlet_global(s, name);
    int n = count_of(s, all, most);
    for (int i = 0; i < n; i++) {
        moonlet_value t = moonlet_raw_get(s, all, moonlet_number(i + 1));
        out[i] = (Place){number(s, t, k->x), number(s, t, k->y)};
    }
    return n;
}

/* {what, when, x, y, x2, y2}; what: "blast", or the kind that fires. */
static void look_sparks(const moonlet_state *s, const Keys *k, View *v)
{
    moonlet_value all = moonlet_global(s, "sparks"), blast = moonlet_text("blast");
    v->sparks = count_of(s, all, SPARKS);
    for (int i = 0; i < v->sparks; i++) {
        moonlet_value t = moonlet_raw_get(s, all, moonlet_number(i + 1)),
                      what = moonlet_raw_get(s, t, moonlet_number(1));
        double d[5];
        for (int n = 0; n < 5; n++) d[n] = number(s, t, moonlet_number(n + 2));
        v->spark[i] = (Spark){moonlet_equal(what, blast),
                              kind_of(k, what),
                              v->now - d[0],
                              d[1],
                              d[2],
                              d[3],
                              d[4]};
    }
}

void world_look(const moonlet_state *s, View *v)
{
    Keys k;
    make_keys(&k);
    v->now = number(s, moonlet_globals(s), moonlet_text("now"));
    look_ships(s, &k, v);
    look_sparks(s, &k, v);
    v->stations = look_places(s, &k, "stations", v->station, STATIONS_MAX);
    v->rocks = look_places(s, &k, "rocks", v->rock, ROCKS_MAX);
    moonlet_value complaint = moonlet_global(s, "complaint");
    v->complaint[0] = 0;
    if (moonlet_is_true(complaint))
        moonlet_to_text(complaint, v->complaint, sizeof v->complaint);
}

Place ship_at(const Ship *s, double frames)
{
    double d = s->age + frames;
    return (Place){s->x + (s->vx + s->ax * d / 2) * d, s->y + (s->vy + s->ay * d / 2) * d};
}

/* The function runs in a state that is then dropped. */
int world_describe(const moonlet_state *s, int ship, char lines[LINES_MAX][LINE_SIZE])
{
    moonlet_value n = moonlet_number(ship);
    moonlet_result r = moonlet_call_function(s, "describe", &n, 1);
    int count = 0;
    for (; r.status == MOONLET_OK && count < LINES_MAX && (size_t)count < r.count; count++)
        moonlet_to_text(r.values[count], lines[count], LINE_SIZE);
    moonlet_release(r.state);
    return count;
}
