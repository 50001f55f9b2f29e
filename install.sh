#!/bin/sh
# SPDX-License-Identifier: ISC
# ninja install and ninja uninstall (-u): from build/ into $DESTDIR$PREFIX.
# What was installed is listed in lib/veneer/manifest, and uninstall removes
# just that.
set -eu
cd "$(dirname "$0")"
root=${DESTDIR:-}${PREFIX:?set by ninja}
manifest=$root/lib/veneer/manifest

# MODE FILE DIRECTORY [NAME]
put()
{
	name=${4:-${2##*/}}
	mkdir -p "$root/$3"
	cp "$2" "$root/$3/.$name.new"
	chmod "$1" "$root/$3/.$name.new"
	mv "$root/$3/.$name.new" "$root/$3/$name"
	echo "$3/$name" >> "$manifest.new"
}

# DIRECTORY TARGET: every file in it
tree()
{
	[ -d "$1" ] || return 0
	mkdir -p "$root/$2"
	cp -R "$1/." "$root/$2"
	find "$root/$2" -type d -exec chmod 755 {} +
	find "$root/$2" -type f -exec chmod u=rwX,go=rX {} +
	(cd "$1" && find . \( -type f -o -type l \)) |
	    sed "s|^\\./|$2/|" >> "$manifest.new"
}

uninstall()
{
	[ -f "$manifest" ] || {
		echo "install.sh: nothing is installed under $root" >&2
		exit 1
	}
	while IFS= read -r f; do
		rm -f "$root/$f"
	done < "$manifest"
	rm -f "$manifest"
	# Directories of our own alone, from the deepest.
	for d in libexec/veneer lib/veneer share/doc/veneer; do
		[ ! -d "$root/$d" ] || find "$root/$d" -depth -type d \
		    -exec rmdir {} + 2>/dev/null || :
	done
	echo "removed from $root"
}

if [ "${1:-}" = -u ]; then
	uninstall
	exit 0
fi

mkdir -p "$root/lib/veneer"
: > "$manifest.new"
put 755 build/veneer bin
for f in veneer-plan veneerd veneer-trace veneer-ports; do
	[ ! -f build/$f ] || put 755 build/$f libexec/veneer
done
for f in build/layers/*; do
	put 644 "$f" lib/veneer/layers
done
[ ! -f build/veneer-cc ] || put 755 build/veneer-cc bin
tree build/sdk lib/veneer/sdk
if [ -d build/sdk ]; then
	sed -e "s|@SDK@|$PREFIX/lib/veneer/sdk|" -e "s|@VERSION@|${VERSION:-0}|" \
	    -e "s|@CC@|$PREFIX/bin/veneer-cc|" sdk/veneer.pc.in \
	    > "$manifest.pc"
	put 644 "$manifest.pc" lib/pkgconfig veneer.pc
	rm "$manifest.pc"
fi
# FILE DIRECTORY: a systemd unit
unit()
{
	sed -e "s|@BIN@|$PREFIX/bin|" -e "s|@LIBEXEC@|$PREFIX/libexec/veneer|" \
	    "kernel-glue/systemd/$1" > "$manifest.unit"
	put 644 "$manifest.unit" "lib/systemd/$2" "$1"
	rm "$manifest.unit"
}
unit veneer.socket user
unit veneer.service user
unit veneer@.service system
for f in docs/man/*.[1-9]; do
	put 644 "$f" "share/man/man${f##*.}"
done
put 644 docs/veneer.bash share/bash-completion/completions veneer
for f in LICENSE NOTICE README.md CHANGELOG.md SECURITY.md; do
	put 644 $f share/doc/veneer
done
mv "$manifest.new" "$manifest"
echo "veneer ${VERSION:-} installed in $root"
