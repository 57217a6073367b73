/* SPDX-License-Identifier: MIT */
/*
 * Functions as lists of their nodes, for people.
 *
 * Main invariant: printing changes nothing.
 */
#include <stdio.h>

#include "node/node.h"

typedef void Writer(void *ctx, const char *s, size_t n);

void proto_print(const Proto *p, Writer *write, void *ctx)
{
    char line[160];
    int n = snprintf(line, sizeof line, "function at line %d: %u parameters, %u slots\n",
                     p->source->line, p->params, proto_frame(p));
    write(ctx, line, (size_t)n);
    for (uint32_t i = 0; i < p->node_count; i++) {
        const Node *x = &p->nodes[i];
        n = snprintf(line, sizeof line, "%5u  %4d  %-16s a %-4u b %-4u c %-4u aux %-10u", i,
                     proto_line(p, i), node_kinds[x->kind].name, x->a, x->b, x->c,
                     node_has_place(x) ? 0 : x->aux);
        write(ctx, line, (size_t)n);
        n = snprintf(line, sizeof line, node_target(x) ? " -> %d\n" : "\n",
                     (int)i + node_target(x));
        write(ctx, line, (size_t)n);
    }
    for (uint32_t i = 0; i < p->proto_count; i++) proto_print(p->protos[i], write, ctx);
}
