// SPDX-License-Identifier: MIT
// lua.h for C++; the headers say extern "C" themselves.
#ifndef lua_hpp
#define lua_hpp
#include "lua.h"
#include "lualib.h"
#include "lauxlib.h"
#endif
