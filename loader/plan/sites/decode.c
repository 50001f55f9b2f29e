/* SPDX-License-Identifier: ISC */
/* Instructions, as Zydis decodes them, reduced to what the proof asks. */
#define ZYDIS_STATIC_BUILD
#define ZYCORE_STATIC_BUILD
#include <Zydis/Decoder.h>

#include <string.h>

#include "sites.h"

#define RAX_FIELD	0	/* modrm.rm of %eax */

static bool
has_memory(const ZydisDecodedInstruction *in)
{
	return (in->attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 &&
	    in->raw.modrm.mod != 3;
}

static bool
one_byte(const ZydisDecodedInstruction *in)
{
	return in->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
	    in->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
}

/* Not mov to a segment register, not the forms with a 64-bit address. */
static bool
plain_mov(const ZydisDecodedInstruction *in)
{
	return one_byte(in) && ((in->opcode >= 0x88 && in->opcode <= 0x8b) ||
	    (in->opcode >= 0xb0 && in->opcode <= 0xbf) ||
	    in->opcode == 0xc6 || in->opcode == 0xc7);
}

/* 66 90, as compilers pad with: an exchange of %ax with itself. */
static bool
short_nop(const ZydisDecodedInstruction *in)
{
	return in->mnemonic == ZYDIS_MNEMONIC_XCHG && one_byte(in) && in->opcode == 0x90 && in->length == 2 &&
	    in->raw.prefix_count == 1 && in->raw.prefixes[0].value == 0x66;
}

/* Only what moves bytes, calculates or does nothing, and means the same elsewhere. */
static bool
can_move(const ZydisDecodedInstruction *in)
{
	switch ((int)in->meta.category) {
	case ZYDIS_CATEGORY_DATAXFER:
		return in->mnemonic != ZYDIS_MNEMONIC_MOV || plain_mov(in) ||
		    (one_byte(in) && in->opcode >= 0xa0 && in->opcode <= 0xa3);
	case ZYDIS_CATEGORY_MISC:
		return in->mnemonic == ZYDIS_MNEMONIC_LEA;
	case ZYDIS_CATEGORY_BINARY:
	case ZYDIS_CATEGORY_BITBYTE:
	case ZYDIS_CATEGORY_CMOV:
	case ZYDIS_CATEGORY_CONVERT:
	case ZYDIS_CATEGORY_FLAGOP:
	case ZYDIS_CATEGORY_LOGICAL:
	case ZYDIS_CATEGORY_NOP:
	case ZYDIS_CATEGORY_WIDENOP:
	case ZYDIS_CATEGORY_PUSH:
	case ZYDIS_CATEGORY_POP:
	case ZYDIS_CATEGORY_ROTATE:
	case ZYDIS_CATEGORY_SETCC:
	case ZYDIS_CATEGORY_SHIFT:
	case ZYDIS_CATEGORY_SSE:
	case ZYDIS_CATEGORY_AVX:
		return true;
	default:
		return false;
	}
}

/* Of those, what cannot fault: it touches no memory, divides nothing. */
static bool
cannot_fault(const ZydisDecodedInstruction *in)
{
	if (in->meta.category == ZYDIS_CATEGORY_NOP || short_nop(in) ||
	    in->meta.category == ZYDIS_CATEGORY_WIDENOP ||
	    in->mnemonic == ZYDIS_MNEMONIC_LEA)
		return true;
	if (has_memory(in))
		return false;
	switch ((int)in->mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		return plain_mov(in);
	case ZYDIS_MNEMONIC_MOVSXD:
	case ZYDIS_MNEMONIC_MOVZX:
	case ZYDIS_MNEMONIC_MOVSX:
	case ZYDIS_MNEMONIC_XOR:
	case ZYDIS_MNEMONIC_AND:
	case ZYDIS_MNEMONIC_OR:
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_CMP:
	case ZYDIS_MNEMONIC_TEST:
	case ZYDIS_MNEMONIC_SHL:
	case ZYDIS_MNEMONIC_SHR:
	case ZYDIS_MNEMONIC_SAR:
	case ZYDIS_MNEMONIC_NEG:
	case ZYDIS_MNEMONIC_NOT:
	case ZYDIS_MNEMONIC_INC:
	case ZYDIS_MNEMONIC_DEC:
	case ZYDIS_MNEMONIC_CDQ:
	case ZYDIS_MNEMONIC_CDQE:
		return true;
	default:
		return false;
	}
}

static bool
is_number(const ZydisDecodedInstruction *in, const uint8_t *p)
{
	if (in->mnemonic != ZYDIS_MNEMONIC_MOV || !one_byte(in))
		return false;
	if (in->opcode == 0xb8 && in->length == 5)
		return p[0] == 0xb8;
	return in->opcode == 0xc7 && in->length == 7 && p[0] == 0x48 &&
	    in->raw.modrm.mod == 3 && in->raw.modrm.rm == RAX_FIELD;
}

static enum insn_flow
flow_of(const ZydisDecodedInstruction *in, bool direct)
{
	switch ((int)in->mnemonic) {
	case ZYDIS_MNEMONIC_SYSCALL:
		return in->length == 2 ? FLOW_SYSCALL : FLOW_NEXT;
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
		return FLOW_STOP;
	default:
		break;
	}
	switch ((int)in->meta.category) {
	case ZYDIS_CATEGORY_RET:
		return FLOW_STOP;
	case ZYDIS_CATEGORY_CALL:
		return FLOW_CALL;
	case ZYDIS_CATEGORY_UNCOND_BR:
		return direct ? FLOW_JUMP : FLOW_INDIRECT;
	default:
		return direct ? FLOW_BRANCH : FLOW_NEXT;
	}
}

/* Relative branches and rip-relative operands. */
static void
targets(const ZydisDecodedInstruction *in, uint64_t addr, struct insn *out)
{
	uint64_t next = addr + in->length;

	if (in->raw.imm[0].is_relative)
		out->target = next + (uint64_t)in->raw.imm[0].value.s;
	if (!has_memory(in) || in->raw.disp.size != 32)
		return;
	if (in->raw.modrm.mod == 0 && in->raw.modrm.rm == 5) {
		out->rip_disp = in->raw.disp.offset;
		out->target = next + (uint64_t)in->raw.disp.value;
		out->lea = in->mnemonic == ZYDIS_MNEMONIC_LEA;
	} else if (out->flow == FLOW_INDIRECT && in->raw.modrm.mod == 0) {
		out->table = (uint64_t)in->raw.disp.value;
	}
}

bool
insn_decode(const uint8_t *p, uint64_t avail, uint64_t addr, struct insn *out)
{
	static ZydisDecoder decoder;
	static bool ready;
	ZydisDecodedInstruction in;

	if (!ready) {
		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
		    ZYDIS_STACK_WIDTH_64);
		ready = true;
	}
	memset(out, 0, sizeof(*out));
	if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, NULL, p,
	    avail > 15 ? 15 : avail, &in)))
		return false;
	out->len = in.length;
	out->flow = (uint8_t)flow_of(&in, in.raw.imm[0].is_relative != 0);
	targets(&in, addr, out);
	if (in.mnemonic == ZYDIS_MNEMONIC_CMP && in.raw.imm[0].size != 0)
		out->compared = in.raw.imm[0].value.u;
	if (out->flow == FLOW_NEXT) {
		/* Branches may leave out a lock prefix: such an instruction has two starts. */
		out->first = can_move(&in) &&
		    (in.attributes & ZYDIS_ATTRIB_HAS_LOCK) == 0;
		out->middle = out->first && cannot_fault(&in);
		out->number = is_number(&in, p);
	}
	out->filler = in.mnemonic == ZYDIS_MNEMONIC_INT3 ||
	    in.mnemonic == ZYDIS_MNEMONIC_NOP;
	return true;
}
