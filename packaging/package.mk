# SPDX-License-Identifier: MIT
#
# What is for users: the libraries with nothing but moonlet_ symbols, the one-file source,
# descriptions for pkg-config and CMake, manual pages, completion; installing it all.
# Included by the Makefile.

MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share
SOVERSION := 0

PACKAGE := $(BUILD)/package
SHARED := $(PACKAGE)/libmoonlet.so.$(VERSION)
STATIC := $(PACKAGE)/libmoonlet.a
AMALGAMATION := $(PACKAGE)/moonlet.c
PIC_OBJ := $(patsubst %.c,$(OUT)/pic/%.o,$(LIB_SRC))
# In place of PUC Lua's library: of the same soname, so in a directory of its own.
LUA_PACKAGE := $(PACKAGE)/moonlet-lua5.2
LUA_SONAME := liblua5.2.so.0
LUA_SHARED := $(LUA_PACKAGE)/libmoonlet-lua52.so.$(VERSION)
LUA_DIR = $(LIBDIR)/moonlet-lua5.2
PUC_PIC_OBJ := $(patsubst %.c,$(OUT)/pic/%.o,$(PUC_SRC))
DESCRIPTIONS := $(patsubst packaging/%.in,$(PACKAGE)/%,$(wildcard packaging/*.in))
OBJCOPY ?= objcopy

# The way from one directory to another: descriptions name no place, so what was installed
# may be moved as a whole.
between = $(shell realpath -m --relative-to='$(1)' '$(2)')

.PHONY: package
package: $(SHARED) $(LUA_SHARED) $(STATIC) $(AMALGAMATION) $(PACKAGE)/amalgamation.o $(DESCRIPTIONS)
package: ## libraries, one-file source and descriptions for users in build/package/

$(OUT)/pic/%.o: %.c $(OUT)/flags
	$(call say,CC,$< (shared))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -fPIC -MMD -MP -c -o $@ $<

-include $(PIC_OBJ:.o=.d) $(PUC_PIC_OBJ:.o=.d)

$(SHARED): $(PIC_OBJ) packaging/exports.map
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,libmoonlet.so.$(SOVERSION) -Wl,--no-undefined \
	  -Wl,--version-script=packaging/exports.map \
	  $(ALL_LDFLAGS) -o $@ $(PIC_OBJ) $(LIBS)
	$(Q)ln -sf $(@F) $(PACKAGE)/libmoonlet.so.$(SOVERSION)
	$(Q)ln -sf libmoonlet.so.$(SOVERSION) $(PACKAGE)/libmoonlet.so

$(LUA_SHARED): $(PIC_OBJ) $(PUC_PIC_OBJ) packaging/exports-lua52.map
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,$(LUA_SONAME) -Wl,--no-undefined \
	  -Wl,--version-script=packaging/exports-lua52.map \
	  $(ALL_LDFLAGS) -o $@ $(PIC_OBJ) $(PUC_PIC_OBJ) $(LIBS)
	$(Q)ln -sf $(@F) $(@D)/$(LUA_SONAME)
	$(Q)ln -sf $(LUA_SONAME) $(@D)/libmoonlet-lua52.so

# One object, in which all names but the public ones have become local.
$(STATIC): $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -r -nostdlib -o $(PACKAGE)/all.o $(LIB_OBJ)
	$(Q)$(OBJCOPY) --localize-hidden $(PACKAGE)/all.o
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(PACKAGE)/all.o

$(AMALGAMATION): $(LIB_SRC) $(CORE_H) $(wildcard include/*.h) packaging/amalgamate.lua \
  $(PROGRAM)
	$(call say,MAKE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PROGRAM) packaging/amalgamate.lua $(LIB_SRC) > $@.new
	$(Q)mv $@.new $@

$(PACKAGE)/amalgamation.o: $(AMALGAMATION)
	$(call say,CC,$<)
	$(Q)$(CC) $(GC_CFLAGS) $(XXHASH_CFLAGS) $(DEFINES) $(ALL_CFLAGS) -c -o $@ $<

$(PACKAGE)/%: packaging/%.in Makefile
	$(call say,MAKE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's|@PC_TO_PREFIX@|$(call between,$(LIBDIR)/pkgconfig,$(PREFIX))|g' \
	  -e 's|@PC_TO_INCLUDE@|$(call between,$(LIBDIR)/pkgconfig,$(INCLUDEDIR))|g' \
	  -e 's|@BIN_TO_LUA@|$(call between,$(BINDIR),$(LUA_DIR))|g' \
	  -e 's|@CMAKE_TO_INCLUDE@|$(call between,$(LIBDIR)/cmake/moonlet,$(INCLUDEDIR))|g' \
	  -e 's|@VERSION@|$(VERSION)|g' -e 's|@SOVERSION@|$(SOVERSION)|g' $< > $@

# How the directories lie to each other may be other than when the descriptions were made.
.PHONY: install
install: $(PROGRAM) ## install program, libraries, header, manual pages (PREFIX, DESTDIR)
	$(Q)rm -f $(DESCRIPTIONS)
	$(Q)$(MAKE) package
	$(Q)$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' \
	  '$(DESTDIR)$(LIBDIR)/cmake/moonlet' '$(DESTDIR)$(INCLUDEDIR)' \
	  '$(DESTDIR)$(MANDIR)/man1' '$(DESTDIR)$(MANDIR)/man3' \
	  '$(DESTDIR)$(DATADIR)/bash-completion/completions' \
	  '$(DESTDIR)$(DATADIR)/zsh/site-functions' \
	  '$(DESTDIR)$(DATADIR)/fish/vendor_completions.d'
	$(Q)$(INSTALL) -m 755 $(PROGRAM) '$(DESTDIR)$(BINDIR)/moonlet'
	$(Q)$(INSTALL) -m 755 $(SHARED) '$(DESTDIR)$(LIBDIR)/$(notdir $(SHARED))'
	$(Q)ln -sf $(notdir $(SHARED)) '$(DESTDIR)$(LIBDIR)/libmoonlet.so.$(SOVERSION)'
	$(Q)ln -sf libmoonlet.so.$(SOVERSION) '$(DESTDIR)$(LIBDIR)/libmoonlet.so'
	$(Q)$(MAKE) install-lua52
	$(Q)$(INSTALL) -m 644 $(STATIC) '$(DESTDIR)$(LIBDIR)/libmoonlet.a'
	$(Q)$(INSTALL) -m 644 include/moonlet.h '$(DESTDIR)$(INCLUDEDIR)/moonlet.h'
	$(Q)$(INSTALL) -m 644 $(PACKAGE)/moonlet.pc '$(DESTDIR)$(LIBDIR)/pkgconfig/moonlet.pc'
	$(Q)$(INSTALL) -m 644 $(PACKAGE)/moonletConfig.cmake $(PACKAGE)/moonletConfigVersion.cmake \
	  '$(DESTDIR)$(LIBDIR)/cmake/moonlet/'
	$(Q)$(INSTALL) -m 644 docs/man/moonlet.1 '$(DESTDIR)$(MANDIR)/man1/moonlet.1'
	$(Q)$(INSTALL) -m 644 docs/man/moonlet.3 docs/man/moonlet-state.3 '$(DESTDIR)$(MANDIR)/man3/'
	$(Q)$(INSTALL) -m 644 packaging/completion.bash \
	  '$(DESTDIR)$(DATADIR)/bash-completion/completions/moonlet'
	$(Q)$(INSTALL) -m 644 packaging/completion.zsh \
	  '$(DESTDIR)$(DATADIR)/zsh/site-functions/_moonlet'
	$(Q)$(INSTALL) -m 644 packaging/completion.fish \
	  '$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/moonlet.fish'

# Lua's own C interface, alone: the library is in a directory of its own, so nothing that is
# installed changes.
.PHONY: install-lua52
install-lua52: ## install the library in place of liblua5.2, its headers, moonlet-preload
	$(Q)rm -f $(PACKAGE)/moonlet-preload $(PACKAGE)/moonlet-lua5.2.pc
	$(Q)$(MAKE) $(LUA_SHARED) $(PACKAGE)/moonlet-preload $(PACKAGE)/moonlet-lua5.2.pc
	$(Q)$(INSTALL) -d '$(DESTDIR)$(LUA_DIR)' '$(DESTDIR)$(INCLUDEDIR)/moonlet-lua5.2' \
	  '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(MANDIR)/man1'
	$(Q)$(INSTALL) -m 755 $(LUA_SHARED) '$(DESTDIR)$(LUA_DIR)/$(notdir $(LUA_SHARED))'
	$(Q)ln -sf $(notdir $(LUA_SHARED)) '$(DESTDIR)$(LUA_DIR)/$(LUA_SONAME)'
	$(Q)ln -sf $(LUA_SONAME) '$(DESTDIR)$(LUA_DIR)/libmoonlet-lua52.so'
	$(Q)$(INSTALL) -m 644 include/puc/* '$(DESTDIR)$(INCLUDEDIR)/moonlet-lua5.2/'
	$(Q)$(INSTALL) -m 644 include/moonlet.h include/moonlet_puc.h '$(DESTDIR)$(INCLUDEDIR)/'
	$(Q)$(INSTALL) -m 755 $(PACKAGE)/moonlet-preload '$(DESTDIR)$(BINDIR)/moonlet-preload'
	$(Q)$(INSTALL) -m 644 $(PACKAGE)/moonlet-lua5.2.pc '$(DESTDIR)$(LIBDIR)/pkgconfig/moonlet-lua5.2.pc'
	$(Q)$(INSTALL) -d '$(DESTDIR)$(MANDIR)/man3'
	$(Q)$(INSTALL) -m 644 docs/man/moonlet-puc.3 '$(DESTDIR)$(MANDIR)/man3/moonlet-puc.3'
	$(Q)$(INSTALL) -m 644 docs/man/moonlet-preload.1 '$(DESTDIR)$(MANDIR)/man1/moonlet-preload.1'

.PHONY: uninstall
uninstall: ## remove what install has put there
	$(Q)cd '$(DESTDIR)$(LIBDIR)' && rm -rf cmake/moonlet && rm -f pkgconfig/moonlet.pc \
	  pkgconfig/moonlet-lua5.2.pc libmoonlet.a libmoonlet.so libmoonlet.so.$(SOVERSION) \
	  $(notdir $(SHARED))
	$(Q)rm -rf '$(DESTDIR)$(LUA_DIR)' '$(DESTDIR)$(INCLUDEDIR)/moonlet-lua5.2'
	$(Q)rm -f '$(DESTDIR)$(BINDIR)/moonlet-preload' '$(DESTDIR)$(MANDIR)/man1/moonlet-preload.1'
	$(Q)rm -f '$(DESTDIR)$(BINDIR)/moonlet' '$(DESTDIR)$(INCLUDEDIR)/moonlet.h' \
	  '$(DESTDIR)$(INCLUDEDIR)/moonlet_puc.h' \
	  '$(DESTDIR)$(MANDIR)/man1/moonlet.1' '$(DESTDIR)$(MANDIR)/man3/moonlet.3' \
	  '$(DESTDIR)$(MANDIR)/man3/moonlet-state.3' '$(DESTDIR)$(MANDIR)/man3/moonlet-puc.3' \
	  '$(DESTDIR)$(DATADIR)/bash-completion/completions/moonlet' \
	  '$(DESTDIR)$(DATADIR)/zsh/site-functions/_moonlet' \
	  '$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/moonlet.fish'
