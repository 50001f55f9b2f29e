# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of veneer's commands, options, layers and programs.

_veneer()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local cmd=${COMP_WORDS[1]} i
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    'run trace plan which layers cache supervisor ports tasks --version --help' -- "$cur")
		return
	fi
	if [ "$cmd" = supervisor ]; then
		case $COMP_CWORD in
		2) set -- status locks stop replace ;;
		*) set -- --json --with ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
		return
	fi
	if [ "$cmd" = cache ]; then
		case $COMP_CWORD:${COMP_WORDS[2]} in
		2:*) set -- ls purge verify ;;
		*:purge) set -- --stale ;;
		*) set -- --json ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
		[ "${COMP_WORDS[2]}" != purge ] || [ "$COMP_CWORD" = 2 ] ||
		    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < \
		    <(compgen -c -f -- "$cur")
		return
	fi
	# Past the program the words are its own.
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--layer|--argv0|--log|-o) i=$((i + 1)) ;;
		--) ;;
		-*) ;;
		*)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return ;;
		esac
	done
	case $prev in
	--layer)
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(veneer layers 2>/dev/null | awk '{ print $1 }')" \
		    -- "$cur")
		return ;;
	--log|-o)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	esac
	case $cmd:$cur in
	run:-*)
		mapfile -t COMPREPLY < <(compgen -W \
		    '--layer --argv0 --log --no-rewrite --no-follow --' -- "$cur") ;;
	trace:-*)
		mapfile -t COMPREPLY < <(compgen -W \
		    '-f -c -o --json' -- "$cur") ;;
	plan:-*|which:-*)
		mapfile -t COMPREPLY < <(compgen -W \
		    '--json --layer' -- "$cur") ;;
	ports:*)
		mapfile -t COMPREPLY < <(compgen -W '--json --dot' -- "$cur") ;;
	layers:*|tasks:*)
		mapfile -t COMPREPLY < <(compgen -W '--json' -- "$cur") ;;
	*)
		mapfile -t COMPREPLY < <(compgen -c -f -- "$cur") ;;
	esac
}
complete -F _veneer veneer
