# SPDX-License-Identifier: GPL-2.0
#
# What runs here; how the module is built is in Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
CPUS ?= 4

# Where the running kernel's own tree does not do, one made by `make kernel-tree` for exactly that kernel does.
ifeq ($(origin KDIR) $(wildcard $(KDIR)/rust/libkernel.rmeta),file )
ifeq ($(KERNEL),)
KERNEL := $(shell scripts/kernel-tree running)
endif
endif

# These are for a shell: a $$ in them is not make's.
override RUN := $(value RUN)
override DRIVER := $(value DRIVER)
override TEST := $(value TEST)
override MATRIX := $(value MATRIX)
override MUTANT := $(value MUTANT)
override DRIVERS := $(value DRIVERS)
override OPTIONS := $(value OPTIONS)
# The others are exported by themselves where they are set; ARCH must not be where it is not.
export KERNEL FLAVOUR CPUS RUN DRIVER TEST MATRIX MUTANT DRIVERS OPTIONS

.PHONY: all modules selftests demo test test-all mutants torture sweep sweep-test conditions coverage bench profile vm kernel-tree check rust-analyzer install modules_install clean help
.NOTPARALLEL:

all: modules selftests

ifneq ($(strip $(KERNEL)),)
modules:
	@scripts/build --here

selftests: modules

rust-analyzer: modules
	@scripts/rust-analyzer
else
modules:
	@scripts/check-kdir '$(KDIR)'
	$(MAKE) -C '$(KDIR)' M='$(CURDIR)' modules

# The module is of use also where these cannot be built, so that is no error.
selftests: modules
	@if [ -e selftests/kselftest/runner.sh ] || KDIR='$(KDIR)' selftests/get-kselftest; then \
		$(MAKE) --no-print-directory -C selftests all || echo 'The selftests could not be built, see above.'; \
	fi

rust-analyzer: modules
	@scripts/rust-analyzer '$(KDIR)'
endif

demo:
	@RUN=scripts/demo scripts/vm

test:
	@scripts/test

# Those three say which one kernel, and this is about all.
test-all:
	@$(if $(filter command,$(foreach v,KERNEL ARCH FLAVOUR,$(origin $v))),$(error \
		test-all takes MATRIX="KERNEL/ARCH/FLAVOUR ..." instead of KERNEL=, ARCH= and FLAVOUR=))scripts/test-all

mutants:
	@scripts/mutants

torture:
	@scripts/torture

sweep sweep-test:
	@scripts/$@

conditions:
	@scripts/conditions

# There is one kernel that counts, whichever is running.
coverage: export KERNEL := coverage
coverage:
	@scripts/coverage

bench:
	@scripts/bench

profile:
	@scripts/profile

vm:
	@scripts/vm

kernel-tree:
	@scripts/kernel-tree

check:
	@scripts/check

# What goes to machines without a compiler.
.PHONY: tarball deb dkms package-test
tarball deb dkms:
	@scripts/package $@

package-test:
	@scripts/package-test vm

# A whole Debian in a VM. Two CPUs unless there is a wish: every one costs time where they are emulated.
.PHONY: machine machine-test
machine machine-test: export CPUS := $(if $(filter file,$(origin CPUS)),2,$(CPUS))
machine machine-test:
	@scripts/$@

# Tests on many machines, see Documentation/fleet.md.
.PHONY: fleet-files fleet-test
fleet-files fleet-test:
	@scripts/$@

install: modules_install

# Where the kernel's modules_install would put it. That needs the tree, which with sudo may be out of reach.
modules_install:
	@scripts/install

# Needs no kernel tree: there may be none any more.
clean:
	@scripts/clean

help:
	@echo 'Targets:'
	@echo '  all (default)  - build rust_hotplug.ko and the selftests, against KDIR or,'
	@echo '                   with KERNEL=, against the cached tree'
	@echo '  demo           - show in a VM how the kernel rolls back when a callback fails'
	@echo '  test           - run the selftests in VMs'
	@echo '  test-all       - run them on every kernel there is support for, and print one table'
	@echo '  mutants        - change the module by mistakes drawn from SEED=, N= of them, one at a time, and show'
	@echo '                   which of them no selftest notices'
	@echo '  torture        - random operations in a VM for MINUTES=, drawn from SEED='
	@echo '                   on the kernel that is running, as root and without a VM:'
	@echo '                   make -C selftests run_tests, selftests/torture/torture'
	@echo '  sweep          - make each callback of each state of the kernel fail once in a VM, or with'
	@echo '                   DRIVERS= those of drivers, and look at the machine after each'
	@echo '  sweep-test     - whether that goes on where a driver kills the kernel'
	@echo '  conditions     - run selftests in VMs of many kinds: few CPUs, isolated ones, a quota, ...'
	@echo '  coverage       - which lines of kernel/cpu.c these reach, on a kernel that counts; TEST= or SUITES= for a part'
	@echo '  bench          - measure in VMs that count instructions what this costs beside C'
	@echo '  profile        - where an offline and an online of a CPU take their time, in the VM;'
	@echo '                   scripts/timeline draws any log of the module: --help says how'
	@echo '  vm             - a shell in the VM, or RUN="command" or RUN=./script'
	@echo '  kernel-tree    - make a kernel tree that Rust modules build on'
	@echo '  check          - rustfmt, clippy, shellcheck, checkpatch; no warning passes'
	@echo '  tarball        - kselftest for a machine without a compiler: the module, tests and tools in build/packages'
	@echo '  deb            - the same as a Debian package; both with SIGN_KEY= signed'
	@echo '  dkms           - Debian packages for a machine that builds the module itself, with DKMS: source, tests and tools'
	@echo '  package-test   - whether these two are whole, the same when made again, and run in a VM'
	@echo '  machine        - a shell in a whole Debian in a VM, or RUN="command"; it has ssh, and is gone when that ends'
	@echo '  machine-test   - whether the commands of README.md for a real machine work there, and the packages'
	@echo '  fleet-files    - put modules and tests where tmt finds them, for machines with that kernel: Documentation/fleet.md'
	@echo '  fleet-test     - whether tmt tests several machines, of which one dies: with VMs'
	@echo '  rust-analyzer  - build the module, and write rust-project.json for rust-analyzer'
	@echo '  install        - install the module, as root, for the kernel it was built for'
	@echo '  clean          - remove what was built in this directory'
	@echo
	@echo 'Variables:'
	@echo '  KDIR=DIR       - build tree of the kernel to build for [$(KDIR)]'
	@echo '  KERNEL=SERIES  - a series of the distribution, as 7.3 or 7.2, or one release of it'
	@echo '                   [the running kernel where it is Debian'"'"'s with Rust support, else 7.3]'
	@echo '                   6.18, 6.19, 7.0, 7.1: built from source, for the archive no longer has their'
	@echo '                   kernels. Of the source it has not all point releases, and of 7.0 none at times'
	@echo '                   failslab: 7.3, built to run out of memory when told to'
	@echo '                   kunit: 7.3 with the patches of scripts/series, whose KUnit tests run when it boots'
	@echo '                   coverage: 7.3, built to count which lines of its code for CPU hotplug are executed'
	@echo '                   debug: 7.3, built with KASAN, lockdep and what else checks itself'
	@echo '                   fixed: 7.3 with the patches in selftests/reports/fixes; fixed-debug: that with most of'
	@echo '                   what debug has, and with drivers for make sweep. Of those that are built only that has'
	@echo '                   drivers; the kernels of the distribution have all of theirs'
	@echo '  ARCH=ARCH      - architecture of that kernel, x86_64 or arm64 [x86_64]'
	@echo '  FLAVOUR=F      - rt or cloud: the PREEMPT_RT kernel of that series, or the one for clouds'
	@echo '  CPUS=N         - CPUs of the VM [$(CPUS)]'
	@echo '  MAX_CPUS=N     - vm: CPUs that it can have, for which the others are plugged in while it runs [CPUS]'
	@echo '  DRIVER=DIR     - vm: build the driver in that directory too, and put its module beside rust_hotplug.ko'
	@echo '                   sweep: sweep that driver'
	@echo '  NO_KVM=1       - emulate the CPUs of the VM although this machine has KVM'
	@echo '  RETRY_KVM=1    - try KVM again although it has failed to run the kernel since this machine was booted'
	@echo '  TEST="A B"     - run only these selftests'
	@echo '  MATRIX="A B"   - test-all: only these kernels, in this order: KERNEL, KERNEL/ARCH,'
	@echo '                   KERNEL/FLAVOUR or KERNEL/ARCH/FLAVOUR, as 7.3 7.2/arm64 7.3/rt debug'
	@echo '  CONDITIONS="A B" - conditions: only these; TEST= runs these tests in them'
	@echo '  JOBS=N         - test, test-all, mutants: so many VMs at a time [$(shell nproc), fewer if there is little memory]'
	@echo '  BUDGET=N       - test-all: leave out what would not be done in N minutes, and say so'
	@echo '  LIMIT=N        - test-all: end what still runs after N minutes [half as much again as BUDGET]'
	@echo '  QUICK=1        - bench: 3 samples of each, and no drawing'
	@echo '  WHERE="A B"    - bench: in which functions the instructions of these go; scripts/bench --help names them'
	@echo '  BEFORE=FILE    - profile: a log of an earlier run to compare with; CYCLES=N: how often [5]'
	@echo '  SIGN_KEY=FILE  - tarball, deb: sign the modules with this key; scripts/package --help has SIGN_CERT= and more'
	@echo '  OUT=DIR        - where packages and pictures go: of demo, profile, and of a test or torture that fails [build/out; build/packages]'
	@echo '  SUITES="A B"   - coverage: only these; scripts/coverage --help names them'
	@echo '  MINUTES=N      - how long torture takes [5]'
	@echo '  SEED=N         - torture, mutants: what is drawn from [a new one, which is printed]'
	@echo '  N=N            - mutants: so many [20]; scripts/mutants --help has QUICK=, FILES= and MUTANT='
	@echo '  PROCESSES=N    - from how many processes at once, 8 to 1000 [12]'
	@echo '  DRIVERS="A B"  - sweep: these drivers; all: the kernel, all that set up states or have a scenario'
	@echo '  OPTIONS="..."  - sweep: options of selftests/sweep/sweep, as --only ID or --shard 2/5'
	@echo '  TIMEOUT=S      - end a command in the VM after so many seconds [3600, more with more CPUS; debug: 10800]'
	@echo '  CACHE=DIR      - where downloads and kernel trees are kept [~/.cache/rust_hotplug]'
	@echo '  REFRESH=1      - kernel-tree: look for a newer point release'
	@echo '  MIRROR=URL     - Debian mirror [the one that apt is configured with]'
	@echo '  V=1            - show the commands of the build'
