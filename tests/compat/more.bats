#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# More unmodified programs, too heavy to install or to run for each check: as programs.bats.
# tier: full
# timeout: 3600
load ../lib
load same

setup()
{
	private_home
}

@test "postgres: a cluster made, pgbench, parallel workers, a cancelled and a killed backend" {
	same postgres
}

@test "chromium, headless: processes, a worker, a picture" {
	same chromium
}

@test "perl: open3, signals in the middle, sockets, interpreter threads" {
	same perl_ipc
}

@test "ruby: fork, threads, signals, sockets, a stack that overflows, fibers" {
	same ruby
}

@test "php: processes, its JIT, its server" {
	same php
}

@test "ocaml: native code and byte code" {
	same ocaml
}

@test "sbcl: a Lisp of fixed maps, write barriers by faults, threads" {
	same sbcl
}

@test "guile: its JIT, threads, fork" {
	same guile
}

@test "erlang: 1,000 processes, ports, sockets" {
	same erlang
}

@test "gforth" {
	same gforth
}

@test "prolog: threads, time limits" {
	same swipl
}

@test "tclsh: pipes, events, sockets" {
	same tcl
}

@test "lua: pipes and errors" {
	same lua
}

@test "cmake and ninja build a project" {
	same cmake
}

@test "autoreconf, libtool, configure, make dist" {
	same autotools
}

@test "sshd and ssh: a command and a stream" {
	same sshd
}

@test "openssl: s_server, s_client, speed in two processes" {
	same openssl_s
}

@test "wget" {
	same wget
}

@test "gpg and its agent: a key, encryption, a signature" {
	same gpg
}

@test "compressors with threads: xz, zstd, pigz, pbzip2, 7z" {
	same threads_compress
}

@test "ffmpeg" {
	same ffmpeg
}

@test "screen: a session that ends" {
	same screen
}

@test "man, groff, mandoc" {
	same man
}

@test "dpkg-deb and dpkg in another root" {
	same dpkgdeb
}

@test "fakeroot: a preload and its daemon" {
	same fakeroot
}

@test "gcc -flto, gold, profiles, gcov, tcc, nasm" {
	same gcc_lto
}

@test "numpy: BLAS threads" {
	same numpy
}

@test "memcached" {
	same memcached
}

@test "socat: forks, terminals, sockets" {
	same socat
}

@test "mksquashfs, cpio" {
	same squash
}

@test "bison, flex, m4" {
	same bisonflex
}

@test "svn, mercurial, rcs" {
	same vcs
}

@test "dnsmasq" {
	same dnsmasq
}

@test "fio: psync, io_uring, libaio, mmap" {
	same fio
}

@test "rt-tests: hackbench, pi_stress, message queues" {
	same rttests
}

@test "ImageMagick" {
	same magick
}

@test "ghostscript" {
	same ghostscript
}

@test "ripgrep, parallel, sort by threads, moreutils" {
	same search
}

@test "attributes, ACLs, fallocate, locks, limits" {
	same attrs
}

@test "xmllint, xsltproc" {
	same xml
}

@test "gdb by gdbserver" {
	same gdbserver
}

@test "graphviz" {
	same graphviz
}

@test "emacs: processes, threads, byte code" {
	same emacs
}

@test "Haskell: green threads on two processors, processes, an exception" {
	same ghc
}

@test "mariadb: a cluster made, four clients, a killed query, shutdown" {
	same mariadb
}

@test "qemu-user: threads, signals and forks of what it translates" {
	same qemu
}

@test "C#: threads, faults that are exceptions, a child, its collector" {
	same mono
}

@test "octave: matrices, a command, errors" {
	same octave
}

@test "R: regression, forked workers, a pipe" {
	same rlang
}

@test "wine: Windows threads, a child, a fault, cmd" {
	same wine
}

@test "cargo: two crates built and tested, threads, TCP" {
	same cargo
}

@test "rsync: links, sparse files, a daemon" {
	same rsync
}

@test "jshell" {
	same jshell
}

@test "java: five collectors, nio, jcmd attaches" {
	same javatools
}

@test "node: atomics, a cluster, crypto, WebAssembly, an abort" {
	same nodemore
}

@test "systemd's tools" {
	same systemdtools
}

@test "make -j2 of a tree like a kernel's" {
	same kbuild
}

@test "PyPy: its JIT under signals, threads, fork" {
	same pypy
}

@test "etcd: puts, gets, an orderly end" {
	same etcd
}

@test "apache: two models of processes, a graceful restart under load" {
	same apache
}

@test "haproxy before varnish before lighttpd" {
	same haproxy
}

@test "crun: starts itself again, and a container where it can" {
	same crun
}

@test "MPI: two and four processes over shared memory" {
	same mpi
}

@test "Fortran with OpenMP, Ada tasks, Pascal, Nim, D" {
	same compilers
}

@test "Racket places and futures, clisp, ECL, Poly/ML" {
	same lisps
}

@test "an X server and a terminal" {
	same xvfb
}

@test "a D-Bus session" {
	same dbus
}

@test "lsof, ltrace" {
	same lsof
}

@test "network tools in a namespace of their own" {
	same firewall
}

@test "systemd-nspawn, chroot into a root of one program" {
	same nspawn
}

@test "bpftrace, rr: as far as they come natively" {
	same tracers
}

@test "firejail: a private directory, a filter" {
	same firejail
}
