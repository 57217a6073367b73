# SPDX-License-Identifier: MIT
#
# Moonlet's build. `make help` lists the targets.
#
# A build kind (release, debug, asan, ubsan, tsan, fuzz, coverage) is a set of flags with
# its own directory build/<kind>; release's program is build/moonlet itself. A target
# that needs another kind calls make again with KIND=<kind>; BUILD= names another place
# for all of build/. Sources are found by globbing:
# hamt/*.c and src/*/*.c are the library, src/cli/*.c the program, tests/unit/test_*.c and
# tests/api/test_*.c one test executable each, examples/*.c one example each,
# bench/bench_*.c one micro-benchmark each, tests/fuzz/fuzz_*.c one fuzzer each.

MAKEFLAGS += --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

VERSION := 0.1.0
KIND ?= release
BUILD ?= build
OUT := $(BUILD)/$(KIND)

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
PKG_CONFIG ?= pkg-config
INSTALL ?= install
FUZZ_SECONDS ?= 60

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# Flags ------------------------------------------------------------------------------

pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null || echo '$(3)')
GC_CFLAGS := $(call pkg,--cflags,bdw-gc)
GC_LIBS := $(call pkg,--libs,bdw-gc,-lgc)
XXHASH_CFLAGS := $(call pkg,--cflags,libxxhash)
CHECK_CFLAGS = $(call pkg,--cflags,check)
CHECK_LIBS = $(call pkg,--libs,check,-lcheck -lsubunit -lrt)
EDIT := $(shell $(PKG_CONFIG) --exists libedit 2>/dev/null && echo 1)
EDIT_CFLAGS := $(if $(EDIT),-DMOONLET_EDIT $(call pkg,--cflags,libedit))
EDIT_LIBS := $(if $(EDIT),$(call pkg,--libs,libedit,-ledit))
EDIT_ARCHIVES := $(if $(EDIT),-ledit -ltinfo -lbsd -lmd)
LUA_CFLAGS = $(call pkg,--cflags,lua5.2,-I/usr/include/lua5.2)
LUA_LIBS = $(call pkg,--libs,lua5.2,-llua5.2)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
  -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef -Wvla \
  -Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror)
# What every x86-64 processor since 2009 has (popcnt, roundsd); ARCH= for older ones.
ifeq ($(shell uname -m),x86_64)
ARCH ?= -march=x86-64-v2
endif
STYLE := -std=gnu11 $(ARCH) -fvisibility=hidden -fno-semantic-interposition \
  -fno-math-errno -falign-functions=32
INCLUDES := -Isrc -Ihamt -Iinclude

# MOONLET_TRAMPOLINE: evaluator nodes return to a driver loop instead of tail-jumping.
# Whatever does not surely turn tail calls into jumps must have it.
TRAMPOLINE := -DMOONLET_TRAMPOLINE
MALLOC := -DMOONLET_MALLOC
SANITIZE_STYLE := -fno-omit-frame-pointer -fno-common

OPT_release := -O2 -g
DEF_release := -DNDEBUG
# the same evaluator over plain mutable structures, to measure what immutability costs
OPT_mutable := -O2 -g
DEF_mutable := -DNDEBUG -DMOONLET_MUTABLE
OPT_debug := -O1 -g3
DEF_debug := -DMOONLET_DEBUG $(TRAMPOLINE)
OPT_asan := -O1 -g $(SANITIZE_STYLE) -fsanitize=address
DEF_asan := $(MALLOC) $(TRAMPOLINE)
OPT_ubsan := -O1 -g $(SANITIZE_STYLE) -fsanitize=undefined,float-cast-overflow \
  -fno-sanitize-recover=all
DEF_ubsan := $(MALLOC) $(TRAMPOLINE)
OPT_tsan := -O1 -g $(SANITIZE_STYLE) -fsanitize=thread
DEF_tsan := $(TRAMPOLINE)
OPT_fuzz := -O1 -g $(SANITIZE_STYLE) -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=undefined
DEF_fuzz := $(MALLOC) $(TRAMPOLINE)
OPT_coverage := -O0 -g --coverage
DEF_coverage := -DMOONLET_DEBUG $(TRAMPOLINE)

ifeq ($(origin OPT_$(KIND)),undefined)
$(error unknown build kind '$(KIND)')
endif

CFLAGS ?= $(OPT_$(KIND))
NO_JUMPS := $(if $(filter -O0 -O -O1 -Og,$(CFLAGS)),$(TRAMPOLINE))
DEFINES := $(DEF_$(KIND)) $(if $(findstring $(TRAMPOLINE),$(DEF_$(KIND))),,$(NO_JUMPS))
ALL_CPPFLAGS = $(INCLUDES) $(GC_CFLAGS) $(XXHASH_CFLAGS) $(DEFINES) $(CPPFLAGS)
ALL_CFLAGS = $(STYLE) $(WARNINGS) $(CFLAGS)
SANITIZERS := $(filter -fsanitize=% --coverage,$(OPT_$(KIND)))
GC_LINK := $(if $(findstring $(MALLOC),$(DEFINES)),,$(GC_LIBS))
ALL_LDFLAGS = $(SANITIZERS) $(LDFLAGS)
# libm is opened when it is needed (value/libm.h), unless the compiler calls it. The C
# library has some of its functions as well.
LIBS = $(GC_LINK) -Wl,--as-needed -lc -lm -Wl,--no-as-needed -lpthread $(LDLIBS)
# Libraries of which the program has its own copy: it starts faster so. PROGRAM_STATIC= for
# one that shares them; so it becomes where there are no archives of them, and in the kinds
# that are not measured. C modules need the C library shared.
PROGRAM_STATIC ?= $(if $(filter release mutable,$(KIND)),-lgc $(EDIT_ARCHIVES))

# Files ------------------------------------------------------------------------------

LIB_SRC := $(wildcard hamt/*.c) $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI_SRC := $(wildcard src/cli/*.c)
TEST_SRC := $(wildcard tests/unit/test_*.c tests/api/test_*.c)
EXAMPLE_SRC := $(wildcard examples/*.c)
MICRO_SRC := $(wildcard bench/bench_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FORMATTED := $(wildcard hamt/*.[ch] src/*/*.[ch] include/*.h tests/*/*.[ch] \
  examples/*.[ch] bench/*.[ch])

objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
LIB_OBJ := $(call objects,$(LIB_SRC))
CLI_OBJ := $(call objects,$(CLI_SRC))
ALL_OBJ := $(LIB_OBJ) $(CLI_OBJ) \
  $(call objects,$(TEST_SRC) $(EXAMPLE_SRC) $(MICRO_SRC) $(FUZZ_SRC))

ifeq ($(KIND),release)
PROGRAM := $(BUILD)/moonlet
LIBRARY := $(BUILD)/libmoonlet.a
else
PROGRAM := $(OUT)/moonlet
LIBRARY := $(OUT)/libmoonlet.a
endif
TESTS := $(patsubst tests/%.c,$(OUT)/tests/%,$(TEST_SRC))
EXAMPLES := $(patsubst %.c,$(OUT)/%,$(EXAMPLE_SRC))
MICROS := $(patsubst %.c,$(OUT)/%,$(MICRO_SRC))
FUZZERS := $(patsubst tests/%.c,$(OUT)/%,$(FUZZ_SRC))

# Building ---------------------------------------------------------------------------

.PHONY: all
all: $(PROGRAM) ## build the release program build/moonlet and build/libmoonlet.a

.PHONY: debug
debug: ## build build/debug/moonlet: asserts, driver loop instead of tail jumps
	$(Q)$(MAKE) KIND=debug all

.PHONY: tests examples
tests: $(TESTS) # the C test executables of this kind
examples: $(EXAMPLES)

# With all of the API, for C modules. The linker writes a file here and there, and so the
# system caches it in single pages; a copy, as installing makes, is cached and mapped in larger
# pieces: it starts in 8 % less time.
LINK_PROGRAM = $(CC) $(ALL_LDFLAGS) -o $(OUT)/linked $(CLI_OBJ) -Wl,--whole-archive $(LIBRARY) \
  -Wl,--no-whole-archive -Wl,--export-dynamic-symbol='moonlet_*'
# src/cli/start.c says why memset is wrapped.
OWN_LIBS = -Wl,--wrap=memset -Wl,-Bstatic $(PROGRAM_STATIC) -Wl,-Bdynamic $(filter-out $(GC_LINK),$(LIBS))
$(PROGRAM): $(CLI_OBJ) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(if $(PROGRAM_STATIC),$(LINK_PROGRAM) $(OWN_LIBS) 2>$(OUT)/link.log ||) \
	$(LINK_PROGRAM) $(EDIT_LIBS) $(LIBS)
	$(Q)cp -f $(OUT)/linked $@
	$(Q)rm $(OUT)/linked

$(LIBRARY): $(LIB_OBJ) $(OUT)/flags
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(OUT)/obj/%.o: %.c $(OUT)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(EXTRA_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(CLI_OBJ): EXTRA_CFLAGS = $(EDIT_CFLAGS)
$(call objects,$(TEST_SRC)): EXTRA_CFLAGS = -Itests/unit $(CHECK_CFLAGS)
$(call objects,$(MICRO_SRC)): EXTRA_CFLAGS = $(LUA_CFLAGS)

$(TESTS): $(OUT)/tests/%: $(OUT)/obj/tests/%.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(CHECK_LIBS) $(LIBS)

$(EXAMPLES): $(OUT)/%: $(OUT)/obj/%.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

$(MICROS): $(OUT)/%: $(OUT)/obj/%.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LUA_LIBS) $(LIBS)

$(FUZZERS): $(OUT)/%: $(OUT)/obj/tests/%.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIBRARY) $(LIBS)

# Everything is rebuilt when the compiler, the flags or the set of sources change.
FLAGS_NOW = $(CC) $(ALL_CPPFLAGS) $(EDIT_CFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PROGRAM_STATIC) $(EDIT_LIBS) $(LIBS)
.PHONY: force
$(OUT)/flags: force
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@

-include $(ALL_OBJ:.o=.d)

# Needs ------------------------------------------------------------------------------

.PHONY: deps
deps: ## install with apt what is missing to build, test and work on Moonlet
	$(Q)tests/deps.sh build check tools

.PHONY: deps-build deps-check deps-bench deps-tools
deps-build deps-check deps-tools deps-bench: deps-%:
	$(Q)tests/deps.sh build $*

# Showing and testing ----------------------------------------------------------------

.PHONY: demo
demo: deps-check ## what states as values are good for, with figures
	$(Q)$(MAKE) all examples
	$(Q)$(OUT)/examples/demo examples

# The C tests run in the debug kind, where asserts and check functions are on; the Lua
# and command-line tests run on the release program.
.PHONY: check
check: deps-check ## all tests; the last line is "N passed, N failed"
	$(Q)tests/deps.sh programs || echo "Going on without them."
	$(Q)$(MAKE) all examples package
	$(Q)$(MAKE) KIND=debug tests
	$(Q)tests/run.sh --program $(BUILD)/moonlet --tests $(BUILD)/debug/tests

# Tests of one kind: its C tests and its program.
.PHONY: check-kind
check-kind: $(PROGRAM) $(TESTS) $(EXAMPLES)
	$(Q)tests/run.sh --program $(PROGRAM) --tests $(OUT)/tests

.PHONY: asan ubsan tsan
asan: ## all tests under the address sanitizer, malloc back-end
	$(Q)ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1 \
	STACK_KB=2048 TEST_TIMEOUT=300 $(MAKE) KIND=asan check-kind

ubsan: ## all tests under the undefined behaviour sanitizer, malloc back-end
	$(Q)UBSAN_OPTIONS=print_stacktrace=1 STACK_KB=1024 TEST_TIMEOUT=300 $(MAKE) KIND=ubsan check-kind

tsan: ## all tests under the thread sanitizer, without collection
	$(Q)GC_DONT_GC=1 TSAN_OPTIONS=halt_on_error=1 STACK_KB=2048 TEST_TIMEOUT=600 \
	$(MAKE) KIND=tsan check-kind

.PHONY: fuzz fuzz-run
fuzz: deps-tools ## run every fuzzer for FUZZ_SECONDS (60)
	$(Q)$(MAKE) KIND=fuzz CC='$(CLANG)' fuzz-run

fuzz-run: $(FUZZERS)
	$(Q)ASAN_OPTIONS=detect_leaks=0 FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz.sh $(FUZZERS)

.PHONY: fuzz-diff
fuzz-diff: deps-check ## run random programs under moonlet and lua5.2 for FUZZ_SECONDS (60)
	$(Q)$(MAKE) all
	$(Q)tests/diff/run.sh --program $(PROGRAM) --seconds $(FUZZ_SECONDS) \
	  --first $${FUZZ_SEED:-$$(date +%s)}

.PHONY: bench
bench: deps-bench ## time bench/lua under moonlet and other Luas; build/bench.json and .svg
	$(Q)$(MAKE) all $(BUILD)/bench/measure
	$(Q)MOONLET=$(BUILD)/moonlet MEASURE=$(BUILD)/bench/measure \
	BENCH_JSON=$(BUILD)/bench.json BENCH_SVG=$(BUILD)/bench.svg bench/run

.PHONY: bench-start
bench-start: deps-bench ## how long the program takes to start, beside lua5.2
	$(Q)$(MAKE) all $(BUILD)/bench/measure
	$(Q)MOONLET=$(BUILD)/moonlet MEASURE=$(BUILD)/bench/measure bench/start

.PHONY: bench-immutability
bench-immutability: deps-bench ## what immutability costs; build/immutability.json and .svg
	$(Q)$(MAKE) all $(BUILD)/bench/measure $(BUILD)/release/bench/bench_structures
	$(Q)$(MAKE) KIND=mutable all
	$(Q)MOONLET=$(BUILD)/moonlet MUTABLE=$(BUILD)/mutable/moonlet \
	MEASURE=$(BUILD)/bench/measure STRUCTURES=$(BUILD)/release/bench/bench_structures \
	BENCH_JSON=$(BUILD)/immutability.json BENCH_SVG=$(BUILD)/immutability.svg \
	bench/immutability/run

$(BUILD)/bench/measure: bench/measure.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 $(WARNINGS) -o $@ $<

.PHONY: microbench
microbench: deps-bench ## time the C structures (bench/bench_*.c)
	$(Q)$(MAKE) micro-run

# Those of memory and pauses take minutes, and have a target of their own.
MEMORY_BENCHES := $(addprefix $(OUT)/bench/bench_,game ring million)

FORK_BENCHES := $(addprefix $(OUT)/bench/bench_,fork rivals parallel)

.PHONY: bench-fork
bench-fork: deps-bench ## what forks and calls cost, beside rivals; threads, processes, locks
	$(Q)$(MAKE) fork-run

.PHONY: fork-run
fork-run: $(FORK_BENCHES)
	$(Q)for b in $^; do echo "== $$b"; $$b || exit 1; done

.PHONY: micro-run
micro-run: $(filter-out $(MEMORY_BENCHES) $(FORK_BENCHES),$(MICROS))
	$(Q)for b in $^; do echo "== $$b"; $$b || exit 1; done

.PHONY: bench-memory
bench-memory: deps-bench ## memory and pauses of long runs: a game, a ring of states, a million forks
	$(Q)$(MAKE) memory-run

.PHONY: memory-run
memory-run: $(MEMORY_BENCHES)
	$(Q)for b in $^; do echo "== $$b"; $$b || exit 1; done

# Keeping it clean -------------------------------------------------------------------

.PHONY: layers
layers: $(LIB_OBJ) $(CLI_OBJ) ## prove that no layer knows one above it
	$(Q)CC='$(CC)' CPPFLAGS='$(GC_CFLAGS) $(XXHASH_CFLAGS)' OBJECTS=$(OUT)/obj tests/layers.sh

.PHONY: format format-check
format: ## rewrite the C files in the format of .clang-format
	$(Q)$(CLANG_FORMAT) -i $(FORMATTED)

format-check: ## fail if `make format` would change something
	$(Q)$(CLANG_FORMAT) --dry-run --Werror $(FORMATTED)

.PHONY: tidy
tidy: ## clang-tidy over the sources
	$(Q)$(CLANG_TIDY) --quiet $(LIB_SRC) $(CLI_SRC) -- -std=gnu11 $(ALL_CPPFLAGS)

.PHONY: coverage coverage-run
coverage: ## tests with line coverage per file, in build/coverage/summary.txt
	$(Q)$(MAKE) KIND=coverage CC=gcc coverage-run

coverage-run: $(PROGRAM) $(TESTS)
	$(Q)find $(OUT) -name '*.gcda' -delete
	-$(Q)tests/run.sh --program $(PROGRAM) --tests $(OUT)/tests
	$(Q)tests/coverage.sh $(OUT) $(LIB_SRC) $(CLI_SRC) | tee $(OUT)/summary.txt

include packaging/package.mk

.PHONY: dist
dist: ## a source archive of the last commit in build/
	$(Q)mkdir -p $(BUILD)
	$(Q)git archive --prefix=moonlet-$(VERSION)/ -o $(BUILD)/moonlet-$(VERSION).tar.gz HEAD

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' Makefile
