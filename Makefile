# SPDX-License-Identifier: GPL-2.0-only
# Everything is made in build/. `make help` lists the targets; V=1 shows the commands.

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
# Debian's own python: its scapy and pytest are the ones that deps.sh installs
PYTHON ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config
export PATH := $(PATH):/usr/sbin:/sbin
BPFTOOL ?= bpftool
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
# of test-kernels and budget: "6.1 newest"; empty: all that test-kernels knows, the running one
KERNELS ?=

V ?= 0
ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
msg = @printf '  %-4s %s\n' $(1) $(2)
MAKEFLAGS += --no-print-directory
endif

B := build
# where this run puts BPF objects; clang-matrix gives every compiler its own
BPF_OUT := $(B)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

# ---- flags

WARN := -Wall -Wextra -Werror -Wshadow
INC := -Iinclude -I$(B)/skel -I.
CPPFLAGS_ALL := $(INC) -D_GNU_SOURCE $(CPPFLAGS)
CFLAGS ?= -O2 -g
CFLAGS_ALL := -std=gnu11 $(CFLAGS) $(WARN)
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_SAN := -std=gnu11 -O1 -g $(WARN) $(SAN)
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g $(WARN) -I. -Iinclude -Ibpf

pkg = $(shell $(PKG_CONFIG) --$(1) $(2) 2>/dev/null || echo $(3))
LIBS := $(call pkg,libs,libxdp libbpf libelf zlib yaml-0.1 json-c libmnl,\
	-lxdp -lbpf -lelf -lz -lyaml -ljson-c -lmnl)
CMOCKA_LIBS := $(call pkg,libs,cmocka,-lcmocka)

# ---- sources: whatever is there

BPF_NAMES := $(patsubst bpf/%.bpf.c,%,$(wildcard bpf/*.bpf.c))
LIB_SRC := $(filter-out loader/main.c,$(wildcard loader/*.c))
LIB_OBJ := $(LIB_SRC:loader/%.c=$(B)/loader/%.o)
FAULT_OBJ := $(LIB_SRC:loader/%.c=$(B)/faults/%.o)
SAN_OBJ := $(LIB_SRC:loader/%.c=$(B)/san/loader/%.o)
MAIN := $(wildcard loader/main.c)

UNIT_NAMES := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_BIN := $(UNIT_NAMES:%=$(B)/tests/unit/%)
SAN_BIN := $(UNIT_NAMES:%=$(B)/san/%)
PROG_BIN := $(patsubst tests/prog/%.c,$(B)/tests/prog/%,$(wildcard tests/prog/test_*.c))
PROG_SHARED := $(filter-out tests/prog/test_% %.bpf.c,$(wildcard tests/prog/*.c))
PROG_SHARED_OBJ := $(PROG_SHARED:%.c=$(B)/%.o)
MODEL_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/model/*.c))
MODEL_BIN := $(if $(MODEL_OBJ),$(B)/tests/model/test_model)
FUZZ_OBJ := $(LIB_SRC:loader/%.c=$(B)/fuzz/loader/%.o)
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
EXAMPLES := $(patsubst %.c,$(B)/%,$(wildcard examples/*.c))
BENCH_BIN := $(patsubst bench/%.c,$(B)/bench/%,$(filter-out %.bpf.c,$(wildcard bench/*.c)))

BPF_OBJ := $(BPF_NAMES:%=$(BPF_OUT)/bpf/%.bpf.o)
SKEL := $(BPF_NAMES:%=$(B)/skel/%.skel.h)
PROG_BPF := $(patsubst tests/prog/%.bpf.c,%,$(wildcard tests/prog/*.bpf.c))
PROG_BPF_OBJ := $(PROG_BPF:%=$(BPF_OUT)/tests/prog/%.bpf.o)
PROG_SKEL := $(PROG_BPF:%=$(B)/tests/prog/%.skel.h)
BENCH_BPF := $(patsubst bench/%.bpf.c,%,$(wildcard bench/*.bpf.c))
BENCH_BPF_OBJ := $(BENCH_BPF:%=$(BPF_OUT)/bench/%.bpf.o)
BENCH_SKEL := $(BENCH_BPF:%=$(B)/bench/%.skel.h)
E2E_BPF_OBJ := $(patsubst %.c,$(BPF_OUT)/%.o,$(wildcard tests/e2e/*.bpf.c))
E2E_BIN := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(wildcard tests/e2e/*.c)))
BUDGET_BIN := $(B)/tests/budget/budget
KERNELS_BIN := $(B)/tests/kernels/send
ALL_BPF_OBJ := $(BPF_OBJ) $(PROG_BPF_OBJ) $(BENCH_BPF_OBJ) $(E2E_BPF_OBJ)

CHECKS := $(B)/checks/vmlinux_bpf.o $(B)/checks/vmlinux_uapi.o $(B)/checks/abi_padding.o
EVBPF := $(if $(MAIN),$(B)/evbpf $(B)/evbpf-faults)

.PHONY: all checks bpf examples test-programs bench-programs unit san prog soak e2e test demo bench \
	fuzz fuzz-programs clang-matrix test-vm test-kernels budget deps install uninstall clean help
all: checks bpf $(EVBPF) examples ## build evbpf and its BPF programs (default)

bpf: $(BPF_OBJ) $(SKEL)

# ---- proofs: vmlinux.h agrees with the kernel's headers, the ABI header hides no padding

checks: $(CHECKS)

$(B)/checks/vmlinux_bpf.o: tests/unit/vmlinux_bpf.c Makefile
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(B)/checks/vmlinux_uapi.o: tests/unit/vmlinux_uapi.c Makefile
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(B)/checks/abi_padding.o: tests/unit/abi_padding.c Makefile
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -Wpadded -MMD -MP -c $< -o $@

# ---- BPF objects and their skeletons

$(ALL_BPF_OBJ): $(BPF_OUT)/%.bpf.o: %.bpf.c Makefile
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

# $(1): object; $(2): skeleton
define make_skel
	$(call msg,SKEL,$(2))
	$(Q)mkdir -p $(dir $(2))
	$(Q)$(BPFTOOL) gen skeleton $(1) > $(2)
endef

$(SKEL): $(B)/skel/%.skel.h: $(B)/bpf/%.bpf.o
	$(call make_skel,$<,$@)
$(PROG_SKEL) $(BENCH_SKEL): %.skel.h: %.bpf.o
	$(call make_skel,$<,$@)

# ---- loader

# Skeletons come first (order-only); which object needs which, the dependency files know.
$(LIB_OBJ) $(B)/loader/main.o: $(B)/loader/%.o: loader/%.c Makefile | $(SKEL)
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(FAULT_OBJ) $(B)/faults/main.o: $(B)/faults/%.o: loader/%.c Makefile | $(SKEL)
	$(call msg,CC,"$< (faults)")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -DEVB_FAULTS -MMD -MP -c $< -o $@

$(SAN_OBJ): $(B)/san/loader/%.o: loader/%.c Makefile | $(SKEL)
	$(call msg,CC,"$< (san)")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_SAN) -MMD -MP -c $< -o $@

$(B)/libevbpf.a: $(LIB_OBJ)
$(B)/faults/libevbpf.a: $(FAULT_OBJ)
$(B)/san/libevbpf.a: $(SAN_OBJ)
$(B)/fuzz/libevbpf.a: $(FUZZ_OBJ)
$(B)/libevbpf.a $(B)/faults/libevbpf.a $(B)/san/libevbpf.a $(B)/fuzz/libevbpf.a:
	$(call msg,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(B)/evbpf: $(B)/loader/main.o $(B)/libevbpf.a
$(B)/evbpf-faults: $(B)/faults/main.o $(B)/faults/libevbpf.a
$(B)/evbpf $(B)/evbpf-faults:
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LIBS)

# ---- examples: programs of guests; they know nothing of evbpf

examples: $(EXAMPLES) ## build examples/*.c

$(EXAMPLES): $(B)/%: %.c Makefile
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS) -MMD -MP -MF $@.d $< -o $@ \
		$(call pkg,libs,libxdp libbpf,-lxdp -lbpf)

# ---- test programs (cmocka)

$(UNIT_BIN): $(B)/tests/unit/%: tests/unit/%.c $(B)/libevbpf.a Makefile
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Iloader $(CFLAGS_ALL) -MMD -MP -MF $@.d $< $(B)/libevbpf.a \
		-o $@ $(CMOCKA_LIBS) $(LIBS)

$(SAN_BIN): $(B)/san/%: tests/unit/%.c $(B)/san/libevbpf.a Makefile
	$(call msg,CC,"$< (san)")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Iloader $(CFLAGS_SAN) -MMD -MP -MF $@.d $< \
		$(B)/san/libevbpf.a -o $@ $(CMOCKA_LIBS) $(LIBS)

# other .c files of tests/prog are shared by its programs
$(PROG_SHARED_OBJ) $(PROG_BIN:%=%.o) $(MODEL_OBJ): $(B)/%.o: %.c Makefile | $(SKEL) $(PROG_SKEL)
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Iloader -I$(B)/tests/prog $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(PROG_BIN): %: %.o $(PROG_SHARED_OBJ) $(B)/libevbpf.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(CMOCKA_LIBS) $(LIBS)

$(MODEL_BIN): $(MODEL_OBJ) $(B)/libevbpf.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(CMOCKA_LIBS) $(LIBS)

$(E2E_BIN): $(B)/%: %.c $(B)/libevbpf.a Makefile
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Iloader $(CFLAGS_ALL) -MMD -MP -MF $@.d $< $(B)/libevbpf.a \
		-o $@ $(LIBS)

$(BUDGET_BIN) $(KERNELS_BIN): $(B)/%: %.c Makefile | $(SKEL)
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS) -MMD -MP -MF $@.d $< -o $@ $(LIBS)

test-programs: $(UNIT_BIN) $(SAN_BIN) $(PROG_BIN) $(PROG_SKEL) $(E2E_BIN) $(E2E_BPF_OBJ) \
	$(BUDGET_BIN) $(MODEL_BIN)

# ---- tests

RESULTS := $(B)/results
export PYTHONDONTWRITEBYTECODE := 1
# a column of the verifier's budget is for one version of it
export CLANG
run_tests = $(PYTHON) scripts/run_tests.py --results $(RESULTS)
need_root = @[ "$$(id -u)" = 0 ] || { echo "make $@ needs root: sudo make $@" >&2; exit 1; }

unit: all $(UNIT_BIN) ## unit tests; no root needed
	$(Q)$(run_tests) unit $(UNIT_BIN) $(wildcard tests/unit/test_*.py)

san: $(SAN_BIN) ## the same C programs under ASan + UBSan; no root needed
	$(Q)$(run_tests) san $(SAN_BIN)

prog: all $(PROG_BIN) $(PROG_SKEL) $(BUDGET_BIN) $(MODEL_BIN) ## tests of the BPF programs by BPF_PROG_TEST_RUN; root
	$(need_root)
	$(Q)$(run_tests) prog $(PROG_BIN) $(MODEL_BIN) \
		$(wildcard tests/prog/test_*.py tests/budget/test_*.py)

soak: all $(MODEL_BIN) ## the programs against the model, until they differ; root
	$(need_root)
	$(Q)$(MODEL_BIN) soak

e2e: all $(PROG_SKEL) $(E2E_BIN) $(E2E_BPF_OBJ) ## tests with real frames in network namespaces; root
	$(need_root)
	$(Q)$(run_tests) e2e $(wildcard tests/e2e/test_*.py)

test: ## install what is missing, build, run every test, sum up; root
	$(need_root)
	$(Q)MAKE='$(MAKE)' PYTHON='$(PYTHON)' scripts/test.sh $(RESULTS)

# Guests with kernels of their own; everything else is tested by `test`.
test-vm: ## install QEMU, build, test with real guests on tap and macvtap VFs; root
	$(need_root)
	$(Q)scripts/deps.sh
	$(Q)scripts/vm-deps.sh
	$(Q)$(MAKE) all
	$(Q)timeout --foreground -k 30 900 $(PYTHON) -m pytest -qq --color=no -p no:cacheprovider \
		-o console_output_style=classic tests/vm

# Without KERNELS a kernel that cannot be had is skipped; the last lines say which.
test-kernels: ## install QEMU, build, test the BPF programs on other kernels; root
	$(need_root)
	$(Q)scripts/deps.sh
	$(Q)scripts/vm-deps.sh $(or $(KERNELS),6.1 6.12 newest)
	$(Q)$(MAKE) all $(PROG_BIN) $(PROG_SKEL) $(BUDGET_BIN) $(KERNELS_BIN)
	$(Q)$(PYTHON) tests/kernels/run.py $(KERNELS)

budget: all $(BUDGET_BIN) $(KERNELS_BIN) ## take what the verifier needs now as what it may need; root
	$(need_root)
ifeq ($(strip $(KERNELS)),)
	$(Q)$(PYTHON) tests/budget/budget.py
else
	$(Q)scripts/vm-deps.sh $(KERNELS)
	$(Q)$(PYTHON) tests/kernels/run.py --budget $(KERNELS)
endif

# With every clang that is there: no warnings, no surprises of one version.
clang-matrix: ## build the BPF programs with clang-14 and clang-19
	$(Q)for c in clang-14 clang-19; do \
		if ! command -v $$c >/dev/null; then echo "  SKIP $$c is not installed"; continue; fi; \
		echo "  with $$c:"; \
		$(MAKE) CLANG=$$c BPF_OUT=$(B)/$$c bpf-objects || exit 1; \
	done

.PHONY: bpf-objects
bpf-objects: $(ALL_BPF_OBJ)

# ---- demo, bench, fuzz

deps: ## install the Debian packages that are missing
	$(Q)scripts/deps.sh

demo: ## build and show VFs at work in namespaces; root
	$(need_root)
	$(Q)scripts/deps.sh
	$(Q)$(MAKE) all
	$(Q)scripts/demo.sh

bench: ## measure; root
	$(need_root)
	$(Q)scripts/deps.sh
	$(Q)$(MAKE) all bench-programs
	$(Q)bench/run

bench-programs: $(BENCH_BIN) $(BENCH_SKEL) $(BENCH_BPF_OBJ)

$(BENCH_BIN): $(B)/bench/%: bench/%.c $(B)/libevbpf.a Makefile | $(SKEL) $(BENCH_SKEL)
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Iloader -I$(B)/bench $(CFLAGS_ALL) -MMD -MP -MF $@.d $< \
		$(B)/libevbpf.a -o $@ $(LIBS)

FUZZ_FLAGS := -std=gnu11 -O1 -g $(WARN) -fno-sanitize-recover=all
FUZZ_SAN := address,undefined
# clang may be there without the library that -fsanitize=fuzzer needs
has_fuzzer = mkdir -p $(B)/fuzz && echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	$(CLANG) -fsanitize=fuzzer,$(FUZZ_SAN) -x c - -o $(B)/fuzz/probe 2>/dev/null
no_fuzzer = $(CLANG) has no libFuzzer: Debian has it in libclang-rt-14-dev, for clang 14

$(FUZZ_OBJ): $(B)/fuzz/loader/%.o: loader/%.c Makefile | $(SKEL)
	$(call msg,CC,"$< (fuzz)")
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS_ALL) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -MMD -MP \
		-c $< -o $@

$(FUZZ_BIN): $(B)/fuzz/%: tests/fuzz/%.c $(B)/fuzz/libevbpf.a Makefile
	$(call msg,FUZZ,$<)
	$(Q)$(CLANG) $(CPPFLAGS_ALL) -Iloader $(FUZZ_FLAGS) -fsanitize=fuzzer,$(FUZZ_SAN) -MMD -MP \
		-MF $@.d $< $(B)/fuzz/libevbpf.a -o $@ $(LIBS)

fuzz-programs:
	$(Q)if $(has_fuzzer); then $(MAKE) -s $(FUZZ_BIN); else echo "  SKIP $(no_fuzzer)"; fi

# All programs at a time, sharing the cores. FUZZ_SECONDS is for all of them.
fuzz: fuzz-programs ## fuzz what reads bytes from outside, FUZZ_SECONDS=60 in all; no root needed
	$(Q)if $(has_fuzzer); then $(run_tests) --seconds $(FUZZ_SECONDS) fuzz $(FUZZ_BIN); \
		else $(run_tests) --skip fuzz "$(no_fuzzer)"; fi

# ---- install

MAN8 = $(wildcard docs/*.8)

install: all ## install evbpf and its man pages under PREFIX (DESTDIR is honoured)
	$(Q)install -d $(DESTDIR)$(PREFIX)/sbin
	$(Q)install -m 0755 $(B)/evbpf $(DESTDIR)$(PREFIX)/sbin/evbpf
	$(Q)$(if $(MAN8),install -d $(DESTDIR)$(PREFIX)/share/man/man8 && \
		install -m 0644 $(MAN8) $(DESTDIR)$(PREFIX)/share/man/man8/,:)

uninstall: ## remove what install put there
	$(Q)rm -f $(DESTDIR)$(PREFIX)/sbin/evbpf
	$(Q)rm -f $(patsubst docs/%,$(DESTDIR)$(PREFIX)/share/man/man8/%,$(MAN8))

clean: ## remove build/
	$(Q)rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@echo
	@echo "  V=1 shows commands; CC, CLANG, BPFTOOL, PYTHON, CFLAGS, PREFIX, DESTDIR can be set"

-include $(shell find $(B) -name '*.d' 2>/dev/null)
