/* SPDX-License-Identifier: ISC */
/*
 * A small ELF image for debuggers, copied into a page of the arena (start.c) whose address the
 * kernel's auxiliary vector names as AT_SYSINFO_EHDR: debuggers read the vDSO from memory, of a live
 * process and of a core dump.  It says one thing: with a program counter in gate or body, the guest's
 * registers are in the call record of the thread slot that %rsp lies in.  So a backtrace
 * goes from `veneer_layer` straight to the guest's own frames.  Calls that pass through the gate leave the registers
 * in place: a stub's return address is on the stack, that of a site in the thread block which holds this very %rsp.
 *
 * Addresses are offsets in the arena.
 */
#include "layout.h"

	.set IMAGE, ARENA_UNWIND
	.set TEXT, ARENA_GATE
	.set TEXT_END, ARENA_UNWIND
	.set SITES, TEXT + GATE_SITES
	.set STUBS, TEXT + GATE_STUBS
	.set STUBS_END, TEXT + GATE_STUBS_END
	.set ARENA_MASK, -ARENA_STEP
	.set BLOCKS, ARENA_SLOTS + SLOT_BLOCK - (ARENA_GATE & -ARENA_STEP)
	.set SLOT_MASK, -SLOT_SIZE
	.set RECORD, SLOT_BLOCK + OFF_THREAD_BLOCK_CALL

	.section .rodata
	.globl	unwind_image, unwind_image_end
	.hidden	unwind_image, unwind_image_end
	.balign 64
unwind_image:
	.byte	0x7f, 'E', 'L', 'F', 2, 1, 1, 0
	.quad	0
	.short	3, 62			/* ET_DYN, x86-64 */
	.long	1
	.quad	0, 64, sections - unwind_image
	.long	0
	.short	64, 56, 1, 64, 6, 5
	.long	1, 4			/* PT_LOAD, R */
	.quad	0, IMAGE, IMAGE, 4096, 4096, 4096

sections:
	.zero	64
	/* name, type, flags, address, offset, size, link, info, alignment, entry */
	.macro	section name, type, flags, addr, off, size, link, info, align, ent
	.long	\name, \type
	.quad	\flags, \addr, \off, \size
	.long	\link, \info
	.quad	\align, \ent
	.endm
	section	1, 8, 6, TEXT, 0, TEXT_END-TEXT, 0, 0, 16, 0
	section	7, 1, 2, IMAGE+(frame-unwind_image), frame-unwind_image, frame_end-frame, 0, 0, 8, 0
	section	17, 2, 0, 0, symbols-unwind_image, symbols_end-symbols, 4, 1, 8, 24
	section	25, 3, 0, 0, strings-unwind_image, strings_end-strings, 0, 0, 1, 0
	section	33, 3, 0, 0, names-unwind_image, names_end-names, 0, 0, 1, 0
names:	.asciz	"", ".text", ".eh_frame", ".symtab", ".strtab", ".shstrtab"
names_end:
strings: .asciz	"", "veneer_layer"
strings_end:
	.balign	8
symbols: .zero	24
	.long	1
	.byte	0x12, 0			/* global function */
	.short	1
	.quad	TEXT, TEXT_END - TEXT
symbols_end:

	/* The address of a field of the record, as a DWARF expression. */
	.macro	field off
	.byte	0x77, 0			/* breg7 (rsp) + 0 */
	.byte	0x0d			/* const4s */
	.long	SLOT_MASK
	.byte	0x1a, 0x23		/* and, plus_uconst */
	.uleb128 RECORD + \off
	.endm
	.macro	saved register, off
	.byte	0x10, \register		/* DW_CFA_expression */
	.uleb128 9f - 8f
8:	field	\off
9:
	.endm
	.balign	8
frame:
cie:	.long	cie_end - 1f
1:	.long	0
	.byte	1
	.asciz	"zR"
	.uleb128 1
	.sleb128 -8
	.byte	16
	.uleb128 1
	.byte	0x1b			/* pcrel, sdata4 */
	.byte	0x0f			/* DW_CFA_def_cfa_expression */
	.uleb128 9f - 8f
8:	field	OFF_CALL_RSP
	.byte	0x06			/* deref */
9:
	saved	0, OFF_CALL_RAX
	saved	1, OFF_CALL_RDX
	saved	2, OFF_CALL_RCX
	saved	3, OFF_CALL_RBX
	saved	4, OFF_CALL_RSI
	saved	5, OFF_CALL_RDI
	saved	6, OFF_CALL_RBP
	saved	8, OFF_CALL_R8
	saved	9, OFF_CALL_R9
	saved	10, OFF_CALL_R10
	saved	11, OFF_CALL_R11
	saved	12, OFF_CALL_R12
	saved	13, OFF_CALL_R13
	saved	14, OFF_CALL_R14
	saved	15, OFF_CALL_R15
	saved	16, OFF_CALL_RIP
	.balign	4, 0
cie_end:
	/* The registers are the guest's but %rip. */
stub_cie: .long	stub_cie_end - 1f
1:	.long	0
	.byte	1
	.asciz	"zR"
	.uleb128 1
	.sleb128 -8
	.byte	16
	.uleb128 1
	.byte	0x1b
	.byte	0x0c			/* DW_CFA_def_cfa rsp + 8 */
	.uleb128 7
	.uleb128 8
	.byte	0x90			/* DW_CFA_offset rip, -8 */
	.uleb128 1
	.balign	4, 0
stub_cie_end:
site_cie: .long	site_cie_end - 1f
1:	.long	0
	.byte	1
	.asciz	"zR"
	.uleb128 1
	.sleb128 -8
	.byte	16
	.uleb128 1
	.byte	0x1b
	.byte	0x0c			/* DW_CFA_def_cfa rsp + 0 */
	.uleb128 7
	.uleb128 0
	.byte	0x10			/* DW_CFA_expression rip: look through the blocks */
	.uleb128 16
	.uleb128 9f - 8f
8:	.byte	0x80, 0			/* breg16 (rip) + 0 */
	.byte	0x0d			/* const4s */
	.long	ARENA_MASK
	.byte	0x1a, 0x23		/* and, plus_uconst */
	.uleb128 BLOCKS
7:	.byte	0x12, 0x23		/* dup, plus_uconst */
	.uleb128 OFF_THREAD_BLOCK_SITE_RSP
	.byte	0x06, 0x77, 0, 0x29	/* deref, breg7 (rsp) + 0, eq */
	.byte	0x28			/* bra */
	.short	6f - 5f
5:	.byte	0x23			/* plus_uconst */
	.uleb128 SLOT_SIZE
	.byte	0x2f			/* skip */
	.short	7b - 6f
6:	.byte	0x23
	.uleb128 OFF_THREAD_BLOCK_SITE_RET
9:
	.balign	4, 0
site_cie_end:
	.macro	fde cie, from, to
	.long	9f - 1f
1:	.long	1b - \cie
2:	.long	\from - (IMAGE + (2b - unwind_image))
	.long	\to - \from
	.uleb128 0
	.balign	4, 0
9:
	.endm
	fde	cie, TEXT, SITES
	fde	site_cie, SITES, STUBS
	fde	stub_cie, STUBS, STUBS_END
	fde	cie, STUBS_END, TEXT_END
	.long	0
frame_end:
	.org	unwind_image + 1280, 0	/* an error when it is longer: less than a page */
unwind_image_end:
	.section .note.GNU-stack,"",@progbits
