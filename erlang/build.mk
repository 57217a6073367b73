# SPDX-License-Identifier: MIT
#
# Moonlet in Erlang: the OTP applications moonlet, a NIF library over the core;
# moonlet_luerl, which has Luerl's interface; and luerl, by which name programs know that. All are
# made in build/erlang, which is what ERL_LIBS is to be. Included by the Makefile.

ERLC ?= erlc
ERL ?= erl
ERLANG := $(BUILD)/erlang
ERLANG_CFLAGS = -I$(shell $(ERL) -noshell -eval 'io:put_chars(code:root_dir()), halt().')/usr/include
NIF_LIBRARY := $(ERLANG)/moonlet/priv/moonlet_nif.so
NIF_SRC := $(wildcard erlang/moonlet/c_src/*.c)
NIF_OBJ := $(patsubst %.c,$(OUT)/pic/%.o,$(NIF_SRC))
ERL_SRC := $(wildcard erlang/moonlet/src/*.erl erlang/moonlet_luerl/src/*.erl)
BEAMS := $(foreach f,$(ERL_SRC),$(ERLANG)/$(patsubst erlang/%,%,$(subst /src/,/ebin/,$(f:.erl=.beam))))
ERL_APPS := $(foreach a,moonlet moonlet_luerl luerl,$(ERLANG)/$(a)/ebin/$(a).app)
ERL_HEADERS := $(patsubst erlang/%,$(ERLANG)/%,$(wildcard erlang/*/include/*.hrl))
ERL_TESTS := $(wildcard erlang/test/*.erl)
FORMATTED += $(wildcard erlang/moonlet/c_src/*.[ch])

.PHONY: erlang erlang-run
erlang: deps-erlang ## build the OTP applications moonlet, moonlet_luerl and luerl in build/erlang/
	$(Q)$(MAKE) erlang-run

erlang-run: $(NIF_LIBRARY) $(BEAMS) $(ERL_APPS) $(ERL_HEADERS) $(ERLANG)/moonlet-cluster

$(ERLANG)/moonlet-cluster: erlang/moonlet-cluster
	$(Q)mkdir -p $(@D)
	$(Q)cp -f $< $@

# For rebar3 and Mix, which look for it in the application's own directory.
ERLANG_PRIV ?= erlang/moonlet/priv
.PHONY: erlang-priv
erlang-priv: $(NIF_LIBRARY)
	$(Q)mkdir -p $(ERLANG_PRIV)
	$(Q)cp -f $< $(ERLANG_PRIV)

.PHONY: deps-erlang
deps-erlang:
	$(Q)tests/deps.sh build erlang

$(NIF_OBJ): $(OUT)/pic/%.o: %.c $(OUT)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -Iinclude $(ERLANG_CFLAGS) $(ALL_CFLAGS) -fPIC -MMD -MP -c -o $@ $<

-include $(NIF_OBJ:.o=.d)

# Never unloaded: states have pointers into it, also while a newer module takes over.
$(NIF_LIBRARY): $(NIF_OBJ) $(PIC_OBJ) erlang/exports.map
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-z,nodelete -Wl,--version-script=erlang/exports.map \
	  $(ALL_LDFLAGS) -o $@ $(NIF_OBJ) $(PIC_OBJ) $(LIBS)

define beam_rule
$(ERLANG)/$(1)/ebin/%.beam: erlang/$(1)/src/%.erl $(wildcard erlang/$(1)/include/*.hrl)
	$$(call say,ERLC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(ERLC) -Werror +debug_info -o $$(@D) $$<
$(ERLANG)/$(1)/ebin/%.app: erlang/$(1)/src/%.app.src
	$$(Q)mkdir -p $$(@D)
	$$(Q)sed 's/@VERSION@/$(VERSION)/' $$< > $$@
endef
$(eval $(call beam_rule,moonlet))
$(eval $(call beam_rule,moonlet_luerl))
$(eval $(call beam_rule,luerl))

$(ERL_HEADERS): $(ERLANG)/%.hrl: erlang/%.hrl
	$(Q)mkdir -p $(@D)
	$(Q)cp -f $< $@

.PHONY: check-erlang erlang-tests
check-erlang: deps-erlang ## EUnit tests of the Erlang applications; the last line is "N passed, N failed"
	$(Q)$(MAKE) erlang-tests

erlang-tests: erlang-run
	$(Q)DOCS='$(abspath docs)' EXAMPLES='$(abspath erlang/examples)' BUILD='$(abspath $(BUILD))' ERLC='$(ERLC)' ERL='$(ERL)' erlang/test/run.sh $(ERL_TESTS)

# In nodes of their own: Luerl's modules and ours have the same names.
.PHONY: bench-erlang bench-erlang-run
bench-erlang: deps-erlang ## what calls cost in Erlang, beside Luerl, in processor time
	$(Q)$(MAKE) bench-erlang-run

bench-erlang-run: erlang-run
	$(Q)mkdir -p $(ERLANG)/bench
	$(Q)$(ERLC) -o $(ERLANG)/bench erlang/bench/moonlet_bench.erl
	$(Q)ERL_LIBS=$(ERLANG) $(ERL) -noshell -pa $(ERLANG)/bench -eval 'moonlet_bench:main([moonlet]).'
	$(Q)ERL_LIBS= $(ERL) -noshell -pa $(ERLANG)/bench -eval 'moonlet_bench:main([luerl]).'

.PHONY: bench-timers bench-timers-run
bench-timers: deps-erlang ## how late timers are in Erlang while 1000 processes compute, in Lua and in Erlang
	$(Q)$(MAKE) bench-timers-run

bench-timers-run: erlang-run
	$(Q)mkdir -p $(ERLANG)/bench
	$(Q)$(ERLC) -o $(ERLANG)/bench erlang/bench/moonlet_timers.erl
	$(Q)ERL_LIBS=$(ERLANG) $(ERL) -noshell -pa $(ERLANG)/bench -eval 'moonlet_timers:main(1000).'

.PHONY: bench-cluster bench-cluster-run
bench-cluster: deps-erlang ## what a map over four nodes costs an item, beside plain Erlang
	$(Q)$(MAKE) bench-cluster-run

bench-cluster-run: erlang-run
	$(Q)mkdir -p $(ERLANG)/bench
	$(Q)$(ERLC) -o $(ERLANG)/bench erlang/bench/moonlet_cluster_bench.erl
	$(Q)export ERL_EPMD_PORT=24971 ERL_EPMD_ADDRESS=127.0.0.1 ERL_LIBS=$(ERLANG); \
	$(ERL) -noshell -name bench@127.0.0.1 -pa $(ERLANG)/bench -eval 'moonlet_cluster_bench:main(200000).'; \
	code=$$?; epmd -kill >/dev/null 2>&1; exit $$code

# Programs of others that have the applications by their build tools.
.PHONY: check-erlang-tools
check-erlang-tools: deps-erlang ## build programs that depend on the applications with rebar3 and Mix
	$(Q)tests/deps.sh erlang-tools
	$(Q)ERLANG='$(abspath erlang)' erlang/test/tools.sh

# Takes some seconds a time.
KILLS ?= 50
.PHONY: check-cluster check-cluster-run
check-cluster: deps-erlang ## kill two of four nodes at random moments, KILLS (50) times: nothing is lost
	$(Q)$(MAKE) check-cluster-run

check-cluster-run: erlang-run
	$(Q)mkdir -p $(ERLANG)/test
	$(Q)$(ERLC) -o $(ERLANG)/test erlang/test/cluster_kills.erl
	$(Q)export ERL_EPMD_PORT=24871 ERL_EPMD_ADDRESS=127.0.0.1 ERL_LIBS=$(ERLANG); \
	$(ERL) -noshell -name kills@127.0.0.1 -pa $(ERLANG)/test -eval 'cluster_kills:main($(KILLS)).'; \
	code=$$?; epmd -kill >/dev/null 2>&1; exit $$code
