/* SPDX-License-Identifier: MIT */
/*
 * A fresh world: all libraries in it, each opened by its own file.
 *
 * Main invariant: a library is opened after those whose tables it reads.
 */
#include "import/import.h"
#include "lib/lib.h"

/* What is at the registry's fixed places in PUC Lua. */
static void set_registry(Machine *M)
{
    Table *registry = M->run.world->registry;
    run_set(&M->run, registry, value_number(1), value_object(M->run.world->main));
    run_set(&M->run, registry, value_number(2), value_object(M->run.world->globals));
}

void lib_open_all(Machine *M)
{
    set_registry(M);
    lib_open_base(M);
    lib_open_collect(M);
    lib_open_load(M);
    lib_open_package(M);
    lib_open_module(M);
    lib_open_coroutine(M);
    lib_open_table(M);
    lib_open_io(M);
    lib_open_os(M);
    lib_open_string(M);
    lib_open_bit32(M);
    lib_open_math(M);
    lib_open_debug(M);
    lib_open_state(M);
    import_set_libraries(M->run.next_id);
}
