/* SPDX-License-Identifier: ISC */
/*
 * A successor that fails where $HEIR says (argv is replace.c's), and, as
 * `heir activate SOCKET PROGRAM ARGUMENT...`, a service manager.
 *
 *   version   takes over another version of the state
 *   abi       speaks another version of the trap
 *   dies      when it has the state and the first descriptors
 *   refuses   when it has all
 *   silent    never confirms (replace.c waits ten seconds)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "rpc.h"
#include "shared.h"
#include "state_table.h"

enum { READY = 1, CONFIRM = 4, REFUSE = 6, SOCK = 3 };

static void
say(uint32_t what, uint32_t abi, uint32_t version)
{
	struct handover h = { .magic = MAGIC_HANDOVER,
		.version = VERSION_HANDOVER, .size = SIZEOF_HANDOVER,
		.what = what, .abi = abi, .oldest = version,
		.newest = version };

	snprintf((char *)h.text, sizeof(h.text), "it will not");
	if (send(SOCK, &h, sizeof(h), MSG_NOSIGNAL) < 0)
		_exit(1);
}

static void
hear(void)
{
	struct handover h;

	if (recv(SOCK, &h, sizeof(h), 0) <= 0)	/* its descriptors are lost */
		_exit(1);
}

static int
activate(char **argv)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	char pid[16];

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", argv[2]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(fd, 16) || (fd != SOCK && dup2(fd, SOCK) < 0))
		return 1;
	if (fd != SOCK)
		close(fd);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	execv(argv[3], argv + 3);
	return 1;
}

int
main(int argc, char **argv)
{
	const char *how = getenv("HEIR");

	if (argc > 3 && strcmp(argv[1], "activate") == 0)
		return activate(argv);
	if (how == NULL)
		return 2;
	say(READY, strcmp(how, "abi") == 0 ? 999 : RPC_ABI,
	    strcmp(how, "version") == 0 ? 999 : STATE_VERSION);
	hear();			/* the image */
	hear();			/* the first descriptors */
	if (strcmp(how, "dies") == 0)
		return 0;
	say(READY, RPC_ABI, 1);
	if (strcmp(how, "refuses") == 0)
		say(REFUSE, RPC_ABI, STATE_VERSION);
	sleep(60);
	return 0;
}
