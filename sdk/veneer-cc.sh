#!/bin/sh
# SPDX-License-Identifier: ISC
# veneer-cc: gcc or clang for native programs of Veneer. See veneer-cc(1).
set -eu

VERSION=@VERSION@
ABI_KNOWN=2		# newest native version that this SDK's headers know

die()
{
	echo "veneer-cc: $1" >&2
	exit 1
}

usage()
{
	cat <<-'END'
	usage: veneer-cc [--abi-min=N] [--abi-max=N] [compiler arguments...]

	Compiles and links C programs whose system calls are stub calls, against
	the SDK's libc; run them with `veneer run PROGRAM`. Takes every argument
	of the compiler, which VENEER_CC names (default gcc, else clang).

	  --abi-min=N  oldest native layer that the program works with (1)
	  --abi-max=N  newest native version that it was written for (1, or N of
	               --abi-min when that is more); also chooses structures
	  --sdk        print the SDK's directory
	  --help       this text
	  --version    versions of veneer-cc and of the compiler
	END
}

# Installed PREFIX/bin/veneer-cc, or in a build directory.
here=$(dirname "$(realpath "$0")")
if [ -e "$here/sdk/lib/libc.a" ]; then
	sdk=$here/sdk
else
	sdk=$(realpath -m "$here/../lib/veneer/sdk")
fi
[ -e "$sdk/lib/libc.a" ] || die "no SDK in $sdk; build or install Veneer first"

cc=${VENEER_CC:-}
if [ -z "$cc" ]; then
	cc=gcc
	command -v gcc >/dev/null || cc=clang
fi

link=yes kind=pie pic=-fPIE start=yes libs=yes input= min= max=
n=$#
while [ "$n" -gt 0 ]; do
	arg=$1
	shift
	n=$((n - 1))
	case $arg in
	--abi-min=*) min=${arg#*=}; continue ;;
	--abi-max=*) max=${arg#*=}; continue ;;
	--help) usage; exit 0 ;;
	--sdk) echo "$sdk"; exit 0 ;;
	--version) echo "veneer-cc $VERSION"; exec $cc --version ;;
	-c|-S|-E|-M|-MM|-fsyntax-only) link= ;;
	-r) link= ;;
	-shared) kind=shared ;;
	-static) [ $kind = shared ] || kind=static ;;
	-static-pie) kind=static-pie; continue ;;
	-no-pie|-nopie) [ $kind != pie ] || kind=exec ;;
	-pie) continue ;;
	-fPIC|-fpic|-fPIE|-fpie|-fno-pie|-fno-PIE|-fno-pic|-fno-PIC) pic= ;;
	-nostdlib) start= libs= ;;
	-nostartfiles) start= ;;
	-nodefaultlibs) libs= ;;
	-o|-x|-I|-L|-D|-U|-MF|-MT|-MQ|-T|-u|-e|-z|-Xlinker|-Xassembler|\
	-Xpreprocessor|-include|-imacros|-isystem|-idirafter|-iquote|--param)
		set -- "$@" "$arg"
		[ "$n" -gt 0 ] || break
		arg=$1
		shift
		n=$((n - 1)) ;;
	-l*|-|@*) input=yes ;;
	-*) ;;
	*) input=yes ;;
	esac
	set -- "$@" "$arg"
done

min=${min:-1}
[ -n "$max" ] || { max=1; [ "$min" = 1 ] || max=$min; }
for v in "$min" "$max"; do
	case $v in
	''|*[!0-9]*) die "'$v' is not a native version; give a number" ;;
	esac
	[ "$v" -ge 1 ] && [ "$v" -le $ABI_KNOWN ] ||
	    die "this SDK knows native versions 1 to $ABI_KNOWN, not $v"
done
[ "$min" -le "$max" ] || die "--abi-min=$min is above --abi-max=$max"

case $($cc --version 2>/dev/null) in
*clang*) clang=yes own=$($cc -print-resource-dir)/include ;;
'') die "compiler '$cc' does not run; set VENEER_CC" ;;
*) clang= own=$($cc -print-file-name=include) ;;
esac

set -- -nostdinc "$@" -isystem "$sdk/include" -isystem "$own" \
    "-D__VENEER_ABI_MIN=$min" "-D__VENEER_ABI_MAX=$max"
[ $kind = static ] || [ -z "$pic" ] || set -- $pic "$@"
if [ -z "$link" ] || [ -z "$input" ]; then
	exec $cc "$@"
fi

begin=crtbeginS.o
case $kind in
shared) crt= ;;
pie) crt=Scrt1.o ;;
static-pie) crt=rcrt1.o ;;
static) crt=crt1.o begin=crtbeginT.o ;;
exec) crt=crt1.o begin=crtbegin.o ;;
esac
end=crtendS.o
case $kind in static|exec) end=crtend.o ;; esac
gccdir=$(dirname "$(realpath "$($cc -print-file-name=crtbegin.o)")")

# Only the SDK's libraries and the compiler's own are searched.
if [ "$clang" ]; then
	set -- --sysroot="$sdk" "$@"
else
	set -- -specs="$sdk/veneer.specs" "$@"
fi
if [ "$libs" ]; then
	set -- "$@" -x none -Wl,--start-group -lc "-lveneer-$min-$max" \
	    -lgcc -lgcc_eh -Wl,--end-group
fi
if [ "$start" ]; then
	set -- "$sdk/lib/crti.o" "$gccdir/$begin" "$@" -x none \
	    "$gccdir/$end" "$sdk/lib/crtn.o"
	[ -z "$crt" ] || set -- "$sdk/lib/$crt" "$@"
fi
case $kind in
static) ;;
static-pie) set -- -static-pie "$@" ;;
shared) ;;
pie) set -- -pie "-Wl,-dynamic-linker,$sdk/lib/libc.so" "$@" ;;
exec) set -- "-Wl,-dynamic-linker,$sdk/lib/libc.so" "$@" ;;
esac
exec $cc -nostdlib "$@" -L"$sdk/lib" -L"$gccdir" -Wl,-z,noexecstack -Wl,-nostdlib
