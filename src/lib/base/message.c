/* SPDX-License-Identifier: MIT */
/*
 * What the program moonlet makes of an error that nothing catches: its text with a traceback,
 * or what __tostring says of it.
 *
 * Main invariant: the handler and its continuation have rows as all natives have, so a program
 * that is paused in __tostring can be saved.
 */
#include "lib/lib.h"

static int message_made(Machine *M, Value *a, int n) { NATIVE_RETURN(lib_result(M, 0)); }

static int make_message(Machine *M, Value *a, int n)
{
    Value error = a[0];
    if (value_is_string(error) || value_is_number(error)) {
        const String *text = value_string(value_to_text(M, error));
        const String *trace = native_traceback(M, NULL, text, 1);
        NATIVE_RETURN(string_value(trace ? trace : text));
    }
    if (error == V_NIL) return 1;
    Value tostring = meta_of(M, error, META_TOSTRING);
    if (tostring == V_NIL) NATIVE_RETURN(new_c_string("(no error message)"));
    a[NATIVE_HEADER] = tostring;
    a[NATIVE_HEADER + 1] = error;
    return native_call(M, a, 1, 1, message_made);
}

const NativeDef natives_message[] = {
    NATIVE_INNER("message", make_message, WORK_CALLEE),
    NATIVE_CONTINUED("message:made", message_made, WORK_FIXED, "|message|", "*"),
    NATIVE_ROWS_END,
};

Value lib_message_handler(Machine *M)
{
    return value_object(run_new_native(&M->run, make_message, "?", 0));
}
