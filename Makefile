# holdfast: one Makefile, no configure, no recursion.  `make help` lists the targets.
# A person sets PREFIX, DESTDIR, SYSCONFDIR, RUNDIR, CC, CFLAGS, LDFLAGS; the rest is ours.

PREFIX = /usr/local
SYSCONFDIR = /etc
RUNDIR = /run
DESTDIR =
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
CC = gcc
CFLAGS = -O2 -g
LDFLAGS =
WERROR =
BUILD = build

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# --- what there is -----------------------------------------------------------------------------
ROOMS := svscan supervise svctl svexec logger
PROGRAM_svscan := svscan
PROGRAM_supervise := supervise
PROGRAM_svctl := svctl
PROGRAM_svexec := svexec
PROGRAM_logger := svlogger
PROGRAMS := $(foreach room,$(ROOMS),$(PROGRAM_$(room)))

# Programs that need no NSS are linked wholly static where the libc allows it: an exec then costs a
# tenth and an idle supervise half the memory (bench/).  svexec looks users up, so it stays dynamic.
STATIC_ROOMS := svscan supervise svctl logger

# Files that decide and touch nothing; `make purity` holds them to it.
PURE := libsv/quote libsv/tai libsv/status libsv/control \
	supervise/machine supervise/machine_settle supervise/machine_describe supervise/machine_resume \
	svscan/plan svexec/options \
	svctl/text svctl/snapshot svctl/describe svctl/table svctl/json svctl/goal svctl/outcome \
	svctl/nearest svctl/options \
	logger/script logger/stamp logger/split logger/rotation

TEST_KINDS := unit files world
TESTS := $(foreach kind,$(TEST_KINDS),$(basename $(wildcard tests/$(kind)/*.c)))
MAN := $(wildcard man/*.[1-8])

# --- how it is compiled ------------------------------------------------------------------------
# A flag that not every supported compiler knows, or nothing.
accepted = $(shell echo 'int x;' | $(CC) $(1) -c -x c -o /dev/null - 2>/dev/null && echo $(1))
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wpointer-arith -Wcast-align -Wcast-qual \
	-Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef \
	-Wvla -Wformat=2 -Wswitch-enum -Wconversion -Wno-sign-conversion -Wimplicit-fallthrough \
	-Wnull-dereference -Wdouble-promotion -Walloca $(if $(WERROR),-Werror)
HARDENING := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection=full $(call accepted,-ftrivial-auto-var-init=zero)
LINK_HARDENING := -Wl,-z,relro,-z,now,-z,noexecstack
SMALL := -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
BASE := -std=c17 -D_GNU_SOURCE -I. -MMD -MP $(WARNINGS) \
	-DSV_RUNDIR='"$(RUNDIR)"' -DSV_SYSCONFDIR='"$(SYSCONFDIR)"'
SKALIBS := -l:libskarnet.a
# Asked for late: on a fresh machine it comes with `deps`.
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null || echo -lcheck)

# Does a wholly static program link here?  Debian's libc6-dev and Alpine's musl-dev bring libc.a.
STATIC := $(shell echo 'int main(void){return 0;}' | $(CC) -static -x c -o /dev/null - 2>/dev/null && echo -static)

# The goals that install what is missing do so before anything is compiled; a plain `make` never does.
NEEDS_DEPS := $(if $(filter demo check asan,$(MAKECMDGOALS)),deps)

# One short line a step; V=1 shows the whole commands.
run = $(if $(V),,@echo '  $(1) $@' &&)

# $(call variant,BUILD DIR,COMPILE FLAGS,LINK FLAGS,STATIC FLAG): rules for a whole build of its own.
define variant
$(1)/%.o: %.c | $(NEEDS_DEPS)
	@mkdir -p $$(@D)
	$$(call run,CC) $$(CC) $$(BASE) $(2) $$(CFLAGS) -c -o $$@ $$<

$(1)/libsv.a: $(patsubst %.c,$(1)/%.o,$(wildcard libsv/*.c))
	@rm -f $$@
	$$(call run,AR) ar rcs $$@ $$^

$(foreach room,$(ROOMS),$(call program,$(1),$(2),$(3),$(4),$(room)))
$(foreach test,$(TESTS),$(call test_program,$(1),$(2),$(3),$(test)))
$(1)/tests/support.a: $(patsubst %.c,$(1)/%.o,$(wildcard tests/support/*.c))
	@rm -f $$@
	$$(call run,AR) ar rcs $$@ $$^

-include $(patsubst %.c,$(1)/%.d,$(wildcard $(ROOMS:%=%/*.c) libsv/*.c tests/*/*.c))
endef

define program
$(1)/bin/$(PROGRAM_$(5)): $(patsubst %.c,$(1)/%.o,$(wildcard $(5)/*.c)) $(1)/libsv.a
	@mkdir -p $$(@D)
	$$(call run,LD) $$(CC) $(2) $$(CFLAGS) $(3) $(if $(filter $(5),$(STATIC_ROOMS)),$(4)) $$(LDFLAGS) -o $$@ $$^ $$(SKALIBS)

endef

# A test program is one file, linked against libsv, the test support and the objects of the room it
# names in a line "uses: ROOM/FILE.o ..." of its opening comment.  "wraps: CALL ..." names the libc
# calls it replaces.
uses = $(shell sed -n 's,.*uses: *\([^*]*\).*,\1,p' $(1).c | head -1)
wraps = $(shell sed -n 's,.*wraps: *\([^*]*\).*,\1,p' $(1).c | head -1)
define test_program
$(1)/$(4): $(1)/$(4).o $(addprefix $(1)/,$(call uses,$(4))) $(1)/tests/support.a $(1)/libsv.a
	$$(call run,LD) $$(CC) $(2) $$(CFLAGS) $(3) $$(LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(call wraps,$(4))) \
		-o $$@ $$^ $$(SKALIBS) $$(CHECK_LIBS)

endef
comma := ,

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE
$(eval $(call variant,$(BUILD),$(HARDENING) $(SMALL),-Wl$(comma)--gc-sections $(LINK_HARDENING),$(STATIC)))
$(eval $(call variant,$(BUILD)/asan,$(SANITIZE),,))

# --- targets -----------------------------------------------------------------------------------
.PHONY: all check demo install uninstall deps purity asan fuzz lint format golden clean help
help:
	@sed -n 's/^# make \(.*\)/make \1/p' Makefile

# make all: the programs, in build/bin (default)
all: $(PROGRAMS:%=$(BUILD)/bin/%)

# make demo: install what is missing, build, supervise a small real tree in the foreground
demo: deps all $(BUILD)/demo/web
	@SV_BIN=$(abspath $(BUILD))/bin DEMO_BIN=$(abspath $(BUILD))/demo sh demo/demo

$(BUILD)/demo/web: $(BUILD)/demo/web.o
	$(call run,LD) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# make check: install what is missing, build, run every test
check: deps all $(TESTS:%=$(BUILD)/%)
	SV_BIN=$(abspath $(BUILD))/bin SV_TESTS=$(BUILD)/tests sh tests/run $(TESTS)

# make asan: the same tests on a build with address and undefined-behaviour sanitizers
asan: deps $(PROGRAMS:%=$(BUILD)/asan/bin/%) $(TESTS:%=$(BUILD)/asan/%)
	SV_BIN=$(abspath $(BUILD))/asan/bin SV_TESTS=$(BUILD)/asan/tests sh tests/run $(TESTS)

# make deps: find skalibs, check, a compiler and the tools of the tests; install what is missing
deps:
	@CC='$(CC)' sh tests/deps $(if $(filter-out demo,$(MAKECMDGOALS)),test,build)

# make purity: show that the deciding files call nothing but a short list
purity: $(PURE:%=$(BUILD)/%.o)
	@sh tests/purity $^

# make lint: static analysis of every file, the man pages and the shell files
lint:
	@CC='$(CC)' BASE="$(filter-out -MMD -MP,$(BASE))" sh tests/lint

# make fuzz SECONDS=n: each decoder under libFuzzer and sanitizers for n seconds (needs clang)
SECONDS = 10
FUZZERS := $(basename $(notdir $(wildcard tests/fuzz/*.c)))
fuzz: $(FUZZERS:%=$(BUILD)/fuzz/%)
	@for fuzzer in $(FUZZERS); do \
		$(BUILD)/fuzz/$$fuzzer -max_total_time=$(SECONDS) -print_final_stats=1 \
			-artifact_prefix=$(BUILD)/fuzz/ >$(BUILD)/fuzz/$$fuzzer.log 2>&1 || \
			{ tail -n 30 $(BUILD)/fuzz/$$fuzzer.log; exit 1; }; \
		echo "fuzz: $$fuzzer: $$(sed -n 's/stat::number_of_executed_units: *//p' \
			$(BUILD)/fuzz/$$fuzzer.log) executions, no finding"; done

.SECONDEXPANSION:
$(BUILD)/fuzz/%: tests/fuzz/%.c $$(addsuffix .c,$$(basename $$(call uses,tests/fuzz/$$*))) $(wildcard libsv/*.c)
	@mkdir -p $(@D)
	$(call run,FUZZ) clang -g -O1 -std=c17 -D_GNU_SOURCE -I. -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $^

# make format: bring every C file into the house's form
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# make golden: write the golden tables anew, to be read in review
golden: $(BUILD)/tests/unit/machine_table
	$(BUILD)/tests/unit/machine_table --write

# make install / uninstall: programs and man pages below DESTDIR and PREFIX
install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SYSCONFDIR)/sv $(DESTDIR)$(SYSCONFDIR)/service
	install -m 0755 $(PROGRAMS:%=$(BUILD)/bin/%) $(DESTDIR)$(BINDIR)
	for page in $(MAN); do \
		install -D -m 0644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; done

uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(BINDIR)/%)
	for page in $(MAN); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	rmdir $(DESTDIR)$(SYSCONFDIR)/sv $(DESTDIR)$(SYSCONFDIR)/service 2>/dev/null || :

# make clean: remove build/
clean:
	rm -rf $(BUILD)
