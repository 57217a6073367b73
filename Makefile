# SPDX-License-Identifier: MIT
#
# Moonlet's build. `make help` lists the targets.
#
# A build kind (release, debug, stress, asan, ubsan, tsan, fuzz, coverage) is a set of flags with
# its own directory build/<kind>; release's program is build/moonlet itself. A target
# that needs another kind calls make again with KIND=<kind>; BUILD= names another place
# for all of build/. Sources are found by globbing: hamt and the directories of src,
# but for some named below, are the library, src/cli the program, tests/unit/test_*.c and
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
# The Debug Adapter Protocol is JSON.
JSON := $(shell $(PKG_CONFIG) --exists jansson 2>/dev/null && echo 1)
DAP_CFLAGS := $(if $(JSON),-DMOONLET_DAP $(call pkg,--cflags,jansson))
DAP_LIBS := $(if $(JSON),$(call pkg,--libs,jansson,-ljansson))
DAP_ARCHIVES := $(if $(JSON),-ljansson)
LUA_CFLAGS = $(call pkg,--cflags,lua5.2,-I/usr/include/lua5.2)
LUA_LIBS = $(call pkg,--libs,lua5.2,-llua5.2)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
  -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef -Wvla \
  -Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror)
# What every x86-64 processor since 2009 has (popcnt, roundsd); ARCH= for older ones. It is
# the compiler's target that counts, which may be another machine.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
ARCH ?= -march=x86-64-v2
endif
STYLE := -std=gnu11 $(ARCH) -fvisibility=hidden -fno-semantic-interposition \
  -fno-math-errno -falign-functions=32 -ffunction-sections
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
# after PUC Lua's ltests: src/control/stress.h
OPT_stress := -O1 -g
DEF_stress := -DMOONLET_DEBUG -DMOONLET_STRESS $(TRAMPOLINE)
OPT_stressasan := -O1 -g $(SANITIZE_STYLE) -fsanitize=address
DEF_stressasan := -DMOONLET_STRESS $(MALLOC) $(TRAMPOLINE)
OPT_asan := -O1 -g $(SANITIZE_STYLE) -fsanitize=address
DEF_asan := $(MALLOC) $(TRAMPOLINE)
OPT_ubsan := -O1 -g $(SANITIZE_STYLE) -fsanitize=undefined,float-cast-overflow \
  -fno-sanitize-recover=all
DEF_ubsan := $(MALLOC) $(TRAMPOLINE)
OPT_tsan := -O1 -g $(SANITIZE_STYLE) -fsanitize=thread
DEF_tsan := $(TRAMPOLINE)
OPT_fuzz := -O1 -g $(SANITIZE_STYLE) -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=undefined
SEE_FIELDS := -DMOONLET_SEE_FIELDS
DEF_fuzz := $(MALLOC) $(TRAMPOLINE) $(SEE_FIELDS)
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
PROGRAM_STATIC ?= $(if $(filter release mutable,$(KIND)),-lgc $(EDIT_ARCHIVES) $(DAP_ARCHIVES))

# Files ------------------------------------------------------------------------------

CORE_DIRS := hamt $(patsubst %/,%,$(sort $(wildcard src/*/ src/*/*/)))
CORE_C := $(wildcard $(addsuffix /*.c,$(CORE_DIRS)))
CORE_H := $(wildcard $(addsuffix /*.h,$(CORE_DIRS)))
LIB_SRC := $(filter-out src/cli/% src/history/% src/puc/% src/mpi/%,$(CORE_C))
# Lua's own C interface: in the program, and a library of its own, for programs may have PUC's.
PUC_SRC := $(filter src/puc/%,$(CORE_C))
CLI_SRC := $(filter src/cli/%,$(CORE_C))
TEST_SRC := $(wildcard tests/unit/test_*.c tests/api/test_*.c)
EXAMPLE_SRC := $(wildcard examples/*.c)
MICRO_SRC := $(wildcard bench/bench_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FORMATTED := $(CORE_C) $(CORE_H) $(wildcard include/*.h include/*/*.h tests/*/*.[ch] tests/*/*/*.[ch] \
  examples/*.[ch] examples/*/*.[ch] bench/*.[ch] bench/puc/*.c)

objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
LIB_OBJ := $(call objects,$(LIB_SRC))
CLI_OBJ := $(call objects,$(CLI_SRC))
PUC_OBJ := $(call objects,$(PUC_SRC))
ALL_OBJ := $(LIB_OBJ) $(CLI_OBJ) $(PUC_OBJ) \
  $(call objects,$(TEST_SRC) $(EXAMPLE_SRC) $(MICRO_SRC) $(FUZZ_SRC) $(wildcard tests/images/*.c))

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
BY_IMAGES := $(OUT)/by_images/moonlet
CANONICAL := $(OUT)/images/canonical
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
LINK_PROGRAM = $(CC) $(ALL_LDFLAGS) -o $(OUT)/linked $(CLI_OBJ) $(PUC_OBJ) -Wl,--whole-archive \
  $(LIBRARY) -Wl,--no-whole-archive $(EXPORTS)
EXPORTS := $(foreach names,moonlet_* lua_* luaL_* luaopen_* pthread_sigmask sigprocmask,\
  -Wl,--export-dynamic-symbol='$(names)')
# src/cli/start.c says why memset is wrapped.
OWN_LIBS = -Wl,--wrap=memset -Wl,-Bstatic $(PROGRAM_STATIC) -Wl,-Bdynamic $(filter-out $(GC_LINK),$(LIBS))
# What ordinary programs execute lies side by side, since the system maps code in pieces of 64 KB:
# the program takes half a megabyte less. A linker that does not know such scripts leaves it out.
IN_ORDER = -Wl,-T,$(OUT)/order.ld
$(OUT)/order.ld: src/cli/order
	$(Q)awk 'BEGIN { print "SECTIONS { .text.ordinary : { *libgc.a:*(.text)" } \
	  { print "*(.text." $$1 " .text." $$1 ".*)" } END { print "} } INSERT BEFORE .text;" }' $< >$@
$(PROGRAM): $(CLI_OBJ) $(PUC_OBJ) $(LIBRARY) $(OUT)/order.ld
	$(call say,LINK,$@)
	$(Q)$(if $(PROGRAM_STATIC),$(LINK_PROGRAM) $(OWN_LIBS) $(IN_ORDER) 2>$(OUT)/link.log || \
	$(LINK_PROGRAM) $(OWN_LIBS) 2>$(OUT)/link.log ||) \
	$(LINK_PROGRAM) $(EDIT_LIBS) $(DAP_LIBS) $(LIBS)
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

$(CLI_OBJ): EXTRA_CFLAGS = $(EDIT_CFLAGS) $(DAP_CFLAGS)
$(call objects,$(TEST_SRC)): EXTRA_CFLAGS = -Itests/unit $(CHECK_CFLAGS)
$(call objects,$(MICRO_SRC)): EXTRA_CFLAGS = $(LUA_CFLAGS)
$(call objects,$(FUZZ_SRC)): EXTRA_CFLAGS = $(SEE_FIELDS)

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

$(CANONICAL): $(OUT)/obj/tests/images/canonical.o $(LIBRARY)
$(BY_IMAGES): $(OUT)/obj/tests/images/by_images.o $(LIBRARY)
$(CANONICAL) $(BY_IMAGES):
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

$(FUZZERS): $(OUT)/%: $(OUT)/obj/tests/%.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIBRARY) $(LIBS)

# Everything is rebuilt when the compiler, the flags or the set of sources change.
FLAGS_NOW = $(CC) $(ALL_CPPFLAGS) $(EDIT_CFLAGS) $(DAP_CFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PROGRAM_STATIC) $(EDIT_LIBS) $(DAP_LIBS) $(LIBS)
.PHONY: force
$(OUT)/flags: force
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@

-include $(ALL_OBJ:.o=.d)

# Needs ------------------------------------------------------------------------------

.PHONY: deps
deps: ## install with apt what is missing to build, test and work on Moonlet
	$(Q)tests/deps.sh build check tools

.PHONY: deps-build deps-check deps-bench deps-tools deps-format deps-history deps-puc deps-mpi deps-ships deps-site deps-dap
deps-build deps-check deps-tools deps-bench deps-format deps-history deps-puc deps-mpi deps-ships deps-site deps-dap: deps-%:
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
	$(Q)$(MAKE) KIND=debug tests compiled
	$(Q)tests/run.sh --program $(BUILD)/moonlet --tests $(BUILD)/debug/tests

# What it does not run is compiled at least.
.PHONY: compiled
compiled: $(call objects,$(FUZZ_SRC) $(MICRO_SRC) $(wildcard tests/images/*.c))

# Tests of one kind: its C tests and its program.
.PHONY: check-kind
check-kind: $(PROGRAM) $(TESTS) $(EXAMPLES)
	$(Q)tests/run.sh --program $(PROGRAM) --tests $(OUT)/tests

# Some of the API tests take minutes so: they are in asan.
UNIT_TESTS = $(filter $(OUT)/tests/unit/%,$(TESTS))
API_LONG = $(addprefix $(OUT)/tests/api/test_,every_function held hook_pauses image_worlds record stress \
           timeline_worlds work_steps)
API_TESTS = $(filter-out $(API_LONG),$(filter $(OUT)/tests/api/%,$(TESTS)))
.PHONY: check-release
check-release: deps-check ## the C tests without assertions, as what is released: collections come at other times
	$(Q)$(MAKE) tests
	$(Q)tests/run.sh $(filter-out %/test_check,$(TESTS))

.PHONY: unit-tests check-unit check-api
unit-tests: $(UNIT_TESTS)
check-unit: $(UNIT_TESTS)
	$(Q)tests/run.sh $(UNIT_TESTS)
check-api: $(API_TESTS)
	$(Q)tests/run.sh $(API_TESTS)

.PHONY: asan asan-unit asan-api ubsan tsan
asan-unit: ## the unit tests under the address sanitizer
	$(Q)ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1 \
	STACK_KB=2048 TEST_TIMEOUT=300 $(MAKE) KIND=asan check-unit

asan-api: ## the API tests that take seconds, under the address sanitizer
	$(Q)ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1 \
	STACK_KB=2048 TEST_TIMEOUT=300 $(MAKE) KIND=asan check-api

asan: ## all tests under the address sanitizer, malloc back-end
	$(Q)ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1 \
	STACK_KB=2048 TEST_TIMEOUT=300 $(MAKE) KIND=asan check-kind

ubsan: ## all tests under the undefined behaviour sanitizer, malloc back-end
	$(Q)UBSAN_OPTIONS=print_stacktrace=1 STACK_KB=1024 TEST_TIMEOUT=300 $(MAKE) KIND=ubsan check-kind

tsan: ## all tests under the thread sanitizer, without collection
	$(Q)GC_DONT_GC=1 TSAN_OPTIONS=halt_on_error=1 STACK_KB=2048 TEST_TIMEOUT=600 \
	$(MAKE) KIND=tsan check-kind

# With malloc each allocation is a request; with the collector each page of small blocks. More
# than one in OOM_STRIDE takes long.
OOM_STRIDE ?= 1
.PHONY: oom oom-run
oom: ## make every request for memory of some scripts fail, one in OOM_STRIDE (1), and each place of all Lua tests that makes one
	$(Q)$(MAKE) KIND=debug oom-run
	$(Q)ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 $(MAKE) KIND=asan oom-run
oom-run: $(addprefix $(OUT)/tests/api/,test_memory_places test_out_of_memory)
	$(Q)for test in $^; do \
	OOM_PLACES=all OOM_STRIDE=$(OOM_STRIDE) CK_TIMEOUT_MULTIPLIER=1000 $$test || exit; done

# What is left out, and why: tests/stress/left_out.
.PHONY: stress stress-long stress-asan
stress: ## Lua tests while stacks move, states are packed and runs pause at every few steps
	$(Q)$(MAKE) KIND=stress all
	$(Q)tests/stress/run.sh $(BUILD)/stress

stress-long: ## the same at each step, with hooks, the C tests, and many random programs
	$(Q)$(MAKE) KIND=stress all tests
	$(Q)RECORD_SEEDS=50 tests/stress/run.sh --long $(BUILD)/stress

stress-asan: ## stress, with the address sanitizer
	$(Q)$(MAKE) KIND=stressasan all
	$(Q)ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1 \
	RUN_KB=unlimited TEST_TIMEOUT=600 tests/stress/run.sh $(BUILD)/stressasan

.PHONY: fuzz fuzz-run
fuzz: deps-tools ## run every fuzzer for FUZZ_SECONDS (60)
	$(Q)$(MAKE) KIND=fuzz CC='$(CLANG)' fuzz-run

fuzz-run: $(FUZZERS)
	$(Q)ASAN_OPTIONS=detect_leaks=0 FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz.sh $(FUZZERS)

# So many of each.
MUTANTS ?= 500000
.PHONY: check-mutants mutants-run
check-mutants: deps-tools ## a million mutated images and deltas, under the address sanitizer
	$(Q)$(MAKE) KIND=fuzz CC='$(CLANG)' mutants-run

mutants-run: $(OUT)/fuzz/fuzz_image $(OUT)/fuzz/fuzz_delta
	$(Q)ASAN_OPTIONS=detect_leaks=0 tests/mutants.sh $(MUTANTS) $^

.PHONY: fuzz-diff
fuzz-diff: deps-check ## run random programs under moonlet and lua5.2 for FUZZ_SECONDS (60)
	$(Q)$(MAKE) all
	$(Q)tests/diff/run.sh --program $(PROGRAM) --seconds $(FUZZ_SECONDS) \
	  --first $${FUZZ_SEED:-$$(date +%s)}

# Much time for each: as a gate of the night it may run beside much else.
.PHONY: programs
programs: deps-check ## real programs of Debian's packages, under moonlet and lua5.2
	$(Q)tests/deps.sh programs
	$(Q)$(MAKE) all
	$(Q)TEST_TIMEOUT=$${TEST_TIMEOUT:-1800} PROGRAM_SECONDS=$${PROGRAM_SECONDS:-400} \
	  tests/run.sh --program $(PROGRAM) tests/cli/programs.sh

# All that takes long, one gate after the other, whatever fails.
NIGHTLY := asan ubsan asan-puc ubsan-puc stress-long stress-asan oom fuzz fuzz-diff programs \
  programs-puc check-images check-canonical check-aarch64 check-dap
.PHONY: nightly
nightly: ## asan, ubsan, those of puc, stress-long, stress-asan, fuzz, fuzz-diff, programs, images: all in turn, and their sum
	+$(Q)MAKE='$(MAKE)' tests/gates.sh $(NIGHTLY)

.PHONY: bench
bench: deps-bench ## time bench/lua under moonlet and other Luas; build/bench.json and .svg
	$(Q)$(MAKE) all $(BUILD)/bench/measure
	$(Q)MOONLET=$(BUILD)/moonlet MEASURE=$(BUILD)/bench/measure \
	BENCH_JSON=$(BUILD)/bench.json BENCH_SVG=$(BUILD)/bench.svg bench/run

.PHONY: bench-start
bench-start: deps-bench ## how long the program takes to start, beside lua5.2
	$(Q)$(MAKE) all $(BUILD)/bench/measure
	$(Q)MOONLET=$(BUILD)/moonlet MEASURE=$(BUILD)/bench/measure bench/start

.PHONY: order
order: deps-bench ## measure anew which functions ordinary programs execute: src/cli/order
	$(Q)$(MAKE) all
	$(Q)bench/order >$(BUILD)/order
	$(Q)mv $(BUILD)/order src/cli/order

.PHONY: bench-growth
bench-growth: deps-bench ## 316 shapes of work at four sizes, beside lua5.2: what is slow, what grows faster
	$(Q)$(MAKE) all
	$(Q)MOONLET=$(BUILD)/moonlet bench/growth

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
IMAGE_BENCHES := $(OUT)/bench/bench_images
RECORD_BENCHES := $(OUT)/bench/bench_record
CANCEL_BENCHES := $(OUT)/bench/bench_cancel

.PHONY: bench-fork
bench-fork: deps-bench ## what forks and calls cost, beside rivals; threads, processes, locks
	$(Q)$(MAKE) fork-run

.PHONY: fork-run
fork-run: $(FORK_BENCHES)
	$(Q)for b in $^; do echo "== $$b"; $$b || exit 1; done

.PHONY: bench-parallel
bench-parallel: deps-bench ## what threads and processes gain, by what the items do; beside Erlang's, where that is
	$(Q)$(MAKE) parallel-run

.PHONY: parallel-run
parallel-run: $(OUT)/bench/bench_parallel
	$(Q)$< $(WORKERS)
	$(Q)if command -v escript > /dev/null; then escript bench/parallel.escript $(WORKERS); fi

.PHONY: micro-run
micro-run: $(filter-out $(MEMORY_BENCHES) $(FORK_BENCHES) $(IMAGE_BENCHES) $(RECORD_BENCHES) \
  $(CANCEL_BENCHES),$(MICROS))
	$(Q)for b in $^; do echo "== $$b"; $$b || exit 1; done

.PHONY: bench-images
bench-images: deps-bench ## states as bytes, whole and as deltas, beside a copy and tables as source
	$(Q)$(MAKE) images-bench-run

.PHONY: images-bench-run
images-bench-run: $(IMAGE_BENCHES)
	$(Q)$<

.PHONY: bench-cancel
bench-cancel: deps-bench ## how long a map goes on after it was cancelled, by what its item does
	$(Q)$(MAKE) cancel-bench-run

.PHONY: cancel-bench-run
cancel-bench-run: $(CANCEL_BENCHES)
	$(Q)$<

.PHONY: bench-record
bench-record: deps-bench ## what being recorded costs, replays, breaks, and ways back in long runs
	$(Q)$(MAKE) record-bench-run

.PHONY: record-bench-run
record-bench-run: $(RECORD_BENCHES)
	$(Q)BENCH_RECORD=$< bench/record
	$(Q)$<

.PHONY: bench-memory
bench-memory: deps-bench ## memory and pauses of long runs: a game, a ring of states, a million forks
	$(Q)$(MAKE) memory-run

.PHONY: memory-run
memory-run: $(MEMORY_BENCHES)
	$(Q)for b in $^; do echo "== $$b"; $$b || exit 1; done

# Images -----------------------------------------------------------------------------

# So many steps from one image to the next, and which share of the files: 2/5 is the second of
# five.
IMAGE_STEPS ?= 1 7 50
IMAGE_SHARE ?= 1/1
.PHONY: check-images images-run
check-images: deps-check ## Lua tests that go through images every IMAGE_STEPS (1 7 50) steps
	$(Q)$(MAKE) images-run
.PHONY: images
images: deps-check ## Lua tests that go through images every 50 steps: what of check-images takes a minute or two
	$(Q)$(MAKE) images-run IMAGE_STEPS=50

images-run: $(BY_IMAGES)
	$(Q)IMAGE_SHARE=$(IMAGE_SHARE) tests/images/run.sh $(BY_IMAGES) $(IMAGE_STEPS)

# The same images from other compilers, kinds, machines. PKG_CONFIG=false: the packages of the
# other machine have no flags of their own.
AARCH64 := CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar PKG_CONFIG=false BUILD=$(BUILD)/aarch64
.PHONY: canonical check-canonical check-aarch64
canonical: $(CANONICAL)
check-canonical: deps-tools ## the same bytes of images from gcc, clang, -O0 and all kinds
	$(Q)$(MAKE) canonical
	$(Q)$(MAKE) KIND=debug canonical
	$(Q)$(MAKE) BUILD=$(BUILD)/O0 CFLAGS=-O0 canonical
	$(Q)$(MAKE) BUILD=$(BUILD)/clang CC='$(CLANG)' canonical
	$(Q)tests/images/same.sh $(BUILD)/release/images/canonical $(BUILD)/debug/images/canonical \
	  $(BUILD)/O0/release/images/canonical $(BUILD)/clang/release/images/canonical

check-aarch64: ## the same bytes of images on x86-64 and aarch64, and tests there, under qemu-user
	$(Q)tests/deps.sh build aarch64
	$(Q)$(MAKE) canonical
	$(Q)$(MAKE) $(AARCH64) PROGRAM_STATIC= canonical all
	$(Q)$(MAKE) $(AARCH64) KIND=debug unit-tests
	$(Q)tests/images/same.sh $(CANONICAL) 'qemu-aarch64 $(BUILD)/aarch64/release/images/canonical'
	$(Q)tests/aarch64.sh $(BUILD)/aarch64

# Histories on disk ------------------------------------------------------------------
#
# A library of its own, so that the core does not need SQLite.

HISTORY_LIB := $(BUILD)/libmoonlet-history.a
SQLITE_CFLAGS = $(call pkg,--cflags,sqlite3)
SQLITE_LIBS = $(call pkg,--libs,sqlite3,-lsqlite3)
HISTORY_OBJ := $(call objects,$(wildcard src/history/*.c))
HISTORY_TESTS := $(patsubst tests/history/%.c,$(OUT)/history/%,$(wildcard tests/history/test_*.c))
AUTOSAVE := $(OUT)/examples/autosave
$(HISTORY_OBJ): EXTRA_CFLAGS = $(SQLITE_CFLAGS)
-include $(HISTORY_OBJ:.o=.d)

.PHONY: history
history: deps-history ## build build/libmoonlet-history.a: histories of states in SQLite files
	$(Q)$(MAKE) $(HISTORY_LIB)

$(HISTORY_LIB): $(HISTORY_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(HISTORY_TESTS): $(OUT)/history/%: tests/history/%.c tests/history/history_test.h \
  $(HISTORY_LIB) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ \
	  $(filter-out %.h,$^) $(CHECK_LIBS) $(SQLITE_LIBS) $(LIBS)

$(AUTOSAVE): examples/history/autosave.c $(HISTORY_LIB) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(SQLITE_LIBS) $(LIBS)

HISTORY_BENCH := $(OUT)/bench/bench_history
$(HISTORY_BENCH): bench/history/bench_history.c bench/clock.h $(HISTORY_LIB) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter-out %.h,$^) \
	  $(SQLITE_LIBS) $(LIBS)

.PHONY: bench-history history-bench-run
bench-history: deps-history ## appending frames of a game to a history, and reading HISTORY_ENTRIES (10000) at random
	$(Q)$(MAKE) history-bench-run

history-bench-run: $(HISTORY_BENCH)
	$(Q)rm -rf $(BUILD)/bench.history*
	$(Q)$(HISTORY_BENCH) $(BUILD)/bench.history $(HISTORY_ENTRIES)
	$(Q)rm -rf $(BUILD)/bench.history*

.PHONY: check-history history-run
check-history: deps-history deps-check ## tests of histories: a writer that is killed, disks that are full or fail
	$(Q)$(MAKE) history-run

history-run: $(HISTORY_TESTS) $(AUTOSAVE)
	$(Q)for t in $(HISTORY_TESTS); do $$t || exit 1; done
	$(Q)EXAMPLES=examples $(AUTOSAVE)

# MPI --------------------------------------------------------------------------------
#
# A program of its own, so that nothing else needs MPI.

MPI_PROGRAM := $(BUILD)/moonlet-mpi
MPI_CFLAGS = $(call pkg,--cflags,ompi-c)
MPI_LIBS = $(call pkg,--libs,ompi-c,-lmpi)
MPI_OBJ := $(call objects,$(wildcard src/mpi/*.c))
$(MPI_OBJ): EXTRA_CFLAGS = $(MPI_CFLAGS)
-include $(MPI_OBJ:.o=.d)

.PHONY: mpi
mpi: deps-mpi ## build build/moonlet-mpi: --map over the processes of an MPI job
	$(Q)$(MAKE) $(MPI_PROGRAM)

$(MPI_PROGRAM): $(MPI_OBJ) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(MPI_LIBS) $(LIBS)

.PHONY: check-mpi mpi-run
check-mpi: deps-mpi ## tests of moonlet-mpi; the last line is "N passed, N failed"
	$(Q)$(MAKE) mpi-run

mpi-run: $(MPI_PROGRAM) $(PROGRAM)
	$(Q)tests/mpi/run.sh $(MPI_PROGRAM) $(PROGRAM)

# Lua's own C interface ------------------------------------------------------------------
#
# C modules of Debian's, and tests of our own, under moonlet and lua5.2.

PUC_TESTS := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/puc/*.c tests/puc/embed/*.c))
PUC_TESTS_OBJ := $(patsubst $(OUT)/%,$(OUT)/obj/%.o,$(PUC_TESTS))
$(PUC_TESTS_OBJ): EXTRA_CFLAGS = $(CHECK_CFLAGS) -Iinclude/puc
-include $(PUC_TESTS_OBJ:.o=.d)

$(PUC_TESTS): $(OUT)/tests/%: $(OUT)/obj/tests/%.o $(PUC_OBJ) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $(EXPORTS) -o $@ $< $(PUC_OBJ) $(LIBRARY) $(CHECK_LIBS) $(LIBS)

.PHONY: check-puc puc-tests puc-kind asan-puc ubsan-puc
puc-tests: $(PUC_TESTS) # those of this kind
puc-kind: $(PROGRAM) $(PUC_TESTS)
	$(Q)tests/puc/run.sh --program $(PROGRAM) --tests $(OUT)/tests/puc
asan-puc: deps-puc deps-check ## what check-puc does but for libraries, under the address sanitizer
	$(Q)ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1 \
	  $(MAKE) KIND=asan puc-kind
ubsan-puc: deps-puc deps-check ## the same under the undefined behaviour sanitizer
	$(Q)UBSAN_OPTIONS=print_stacktrace=1 $(MAKE) KIND=ubsan puc-kind
check-puc: deps-puc deps-check ## compiled C modules and programs made for lua5.2, on Moonlet, beside it
	$(Q)$(MAKE) all $(LUA_SHARED)
	$(Q)$(MAKE) KIND=debug puc-tests
	$(Q)tests/puc/run.sh --program $(PROGRAM) --library $(LUA_PACKAGE) --tests $(BUILD)/debug/tests/puc

.PHONY: programs-puc
programs-puc: deps-puc ## programs of Debian's that are linked with liblua5.2, on Moonlet
	$(Q)tests/deps.sh programs-puc
	$(Q)$(MAKE) $(LUA_SHARED)
	$(Q)tests/puc/programs.sh $(LUA_PACKAGE)

.PHONY: bench-puc
bench-puc: deps-puc ## what calls between Lua and C cost, LPeg and cjson, beside lua5.2
	$(Q)$(MAKE) all
	$(Q)MOONLET=$(PROGRAM) bench/puc/run

# Ships ------------------------------------------------------------------------------
#
# An example that one can look at; it needs SDL2, and libpng for pictures.

SDL_CFLAGS = $(call pkg,--cflags,sdl2 libpng)
SDL_LIBS = $(call pkg,--libs,sdl2 libpng,-lSDL2 -lpng16)
SHIPS := $(OUT)/examples/ships/ships
SHIPS_OBJ := $(call objects,$(wildcard examples/ships/*.c))
SHIPS_TESTS := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/ships/*.c))
$(SHIPS_OBJ): EXTRA_CFLAGS = $(SDL_CFLAGS)
-include $(SHIPS_OBJ:.o=.d)

$(SHIPS): $(SHIPS_OBJ) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SDL_LIBS) $(LIBS)

$(SHIPS_TESTS): $(OUT)/ships/%: tests/ships/%.c $(filter-out %/ships.o,$(SHIPS_OBJ)) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Iexamples/ships $(CHECK_CFLAGS) $(SDL_CFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) \
	  -o $@ $^ $(CHECK_LIBS) $(SDL_LIBS) $(LIBS)

.PHONY: ships check-ships ships-build
ships: deps-ships ## 1440 scripted ships in a window: time runs both ways, futures, files
	$(Q)$(MAKE) ships-build
	$(Q)$(SHIPS) --data examples/ships

ships-build: $(SHIPS) $(SHIPS_TESTS)
check-ships: deps-ships ## tests of the ships: worlds, files that are edited, a picture
	$(Q)$(MAKE) ships-build
	$(Q)tests/ships/run.sh $(SHIPS) $(dir $(firstword $(SHIPS_TESTS)))

# A client of VS Code's makers, of npm, which is for this test alone.
DAP_CLIENT := $(BUILD)/dap/node_modules
$(DAP_CLIENT)/@vscode/debugadapter-testsupport:
	$(call say,NPM,$@)
	$(Q)mkdir -p $(BUILD)/dap
	$(Q)npm install --prefix $(BUILD)/dap --no-save --no-audit --no-fund --ignore-scripts \
	  @vscode/debugadapter-testsupport@1.68.0 @vscode/debugprotocol@1.68.0 >/dev/null

.PHONY: check-dap
check-dap: deps-dap ## the Debug Adapter Protocol with a client that others have written (of npm)
	$(Q)$(MAKE) all $(DAP_CLIENT)/@vscode/debugadapter-testsupport
	$(Q)NODE_PATH=$(DAP_CLIENT) node tests/dap/foreign.js $(PROGRAM)

.PHONY: site
site: deps-site ## the documentation as a site, build/site/site/index.html; a dead link is an error
	$(Q)docs/site/build.sh $(BUILD)/site

# Keeping it clean -------------------------------------------------------------------

.PHONY: layers
layers: $(LIB_OBJ) $(CLI_OBJ) $(PUC_OBJ) ## prove that no layer knows one above it
	$(Q)CC='$(CC)' CPPFLAGS='$(GC_CFLAGS) $(XXHASH_CFLAGS)' OBJECTS=$(OUT)/obj tests/layers.sh

.PHONY: format format-check
format: ## rewrite the C files in the format of .clang-format
	$(Q)$(CLANG_FORMAT) -i $(FORMATTED)

format-check: deps-format ## fail if `make format` would change something
	$(Q)$(CLANG_FORMAT) --dry-run --Werror $(FORMATTED)

.PHONY: files files-check
FILES_LIST = $(PROGRAM) docs/files.lua $(sort $(CORE_C) $(CORE_H))
files: $(PROGRAM) ## write docs/FILES.md: what each source file is for, by its first sentence
	$(Q)$(FILES_LIST) > $(OUT)/FILES.md
	$(Q)mv $(OUT)/FILES.md docs/FILES.md

# What comments may name is in these, and in the C sources.
NAMING := $(CORE_C) $(CORE_H) $(wildcard include/*.h include/*/*.h tests/*/*.[ch] \
  bench/*.[ch] bench/*/*.c bench/*/*.lua examples/*.[ch] examples/*/*.[ch] erlang/*/*.[ch] tests/*.lua tests/*/*.lua tests/*/*/*.lua \
  docs/*.lua docs/*/*.lua bench/*.lua examples/*.lua examples/*/*.lua tests/*.sh tests/*/*.sh Makefile packaging/*.mk)
files-check: $(PROGRAM) ## fail if `make files` would change something, a comment names what is not there, or there are fewer assertions than in PUC Lua
	$(Q)$(FILES_LIST) > $(OUT)/FILES.md && diff -u docs/FILES.md $(OUT)/FILES.md
	$(Q)$(PROGRAM) tests/comments.lua $(NAMING)
	$(Q)$(PROGRAM) tests/assertions.lua $(sort $(CORE_C) $(CORE_H)) >$(OUT)/assertions || { cat $(OUT)/assertions; false; }

.PHONY: assertions
assertions: $(PROGRAM) ## count the assertions by parts: each has as many as PUC Lua's, and words
	$(Q)$(PROGRAM) tests/assertions.lua $(sort $(CORE_C) $(CORE_H))

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
include erlang/build.mk

.PHONY: dist
dist: ## a source archive of the last commit in build/
	$(Q)mkdir -p $(BUILD)
	$(Q)git archive --prefix=moonlet-$(VERSION)/ -o $(BUILD)/moonlet-$(VERSION).tar.gz HEAD

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' \
	  $(filter-out %.d,$(MAKEFILE_LIST))
