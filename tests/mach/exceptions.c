/* SPDX-License-Identifier: ISC */
/* Faults that handlers of exceptions take: of a thread, of another process, by state. */
#include <mach/exc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "try.h"

static volatile int handled, wanted_exception;
static volatile char *volatile page;
static volatile kern_return_t verdict;
static int64_t last_code[2];

kern_return_t
catch_mach_exception_raise(mach_port_t port, mach_port_t thread,
    mach_port_t task, exception_type_t exception, mach_exception_data_t code,
    mach_msg_type_number_t n)
{
	(void)port;
	HOLDS(n == 2 && exception == wanted_exception);
	memcpy(last_code, code, sizeof(last_code));
	handled++;
	if (page != NULL)
		mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
	if (verdict == KERN_SUCCESS) {	/* else the server's loop gives them up */
		TRY(mach_port_deallocate(mach_task_self(), thread));
		TRY(mach_port_deallocate(mach_task_self(), task));
	}
	return verdict;
}

kern_return_t
catch_mach_exception_raise_state(mach_port_t port, exception_type_t exception,
    const mach_exception_data_t code, mach_msg_type_number_t n, int *flavor,
    const thread_state_t old, mach_msg_type_number_t nold, thread_state_t new,
    mach_msg_type_number_t *nnew)
{
	x86_thread_state64_t *s = (x86_thread_state64_t *)new;

	(void)port;
	(void)code;
	HOLDS(n == 2 && exception == EXC_BAD_INSTRUCTION);
	HOLDS(*flavor == x86_THREAD_STATE64 && nold == x86_THREAD_STATE64_COUNT);
	memcpy(new, old, nold * sizeof(*old));
	*nnew = nold;
	s->__rip += 2;		/* ud2 */
	s->__rbx = 4711;
	handled++;
	return KERN_SUCCESS;
}

kern_return_t
catch_mach_exception_raise_state_identity(mach_port_t port, mach_port_t thread,
    mach_port_t task, exception_type_t exception, mach_exception_data_t code,
    mach_msg_type_number_t n, int *flavor, thread_state_t old,
    mach_msg_type_number_t nold, thread_state_t new,
    mach_msg_type_number_t *nnew)
{
	(void)thread;
	(void)task;
	return catch_mach_exception_raise_state(port, exception, code, n,
	    flavor, old, nold, new, nnew);
}

static void *
serve(void *arg)
{
	mach_port_t p = *(mach_port_t *)arg;

	for (;;)
		TRY(mach_msg_server_once(mach_exc_server, 4000 - 68, p, 0));
	return NULL;
}

static void
signalled(int sig)
{
	if (sig == SIGSEGV)
		mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
}

static void
protect(void)
{
	mprotect((void *)page, 4096, PROT_NONE);
}

static void
faults(mach_port_t p)
{
	long b = 0;

	wanted_exception = EXC_BAD_ACCESS;
	TRY(task_set_exception_ports(mach_task_self(), EXC_MASK_BAD_ACCESS, p,
	    (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0));
	verdict = KERN_SUCCESS;
	protect();
	page[7] = 1;
	HOLDS(handled == 1 && page[7] == 1);
	HOLDS(last_code[0] == KERN_PROTECTION_FAILURE ||
	    last_code[0] == KERN_INVALID_ADDRESS);
	HOLDS(last_code[1] == (int64_t)(uintptr_t)(page + 7));
	/* A handler that does not take it: a signal as ever. */
	signal(SIGSEGV, signalled);
	verdict = KERN_FAILURE;
	protect();
	page[8] = 2;
	HOLDS(handled == 2 && page[8] == 2);
	/* One instruction is skipped, one register changed. */
	TRY(thread_set_exception_ports(mach_thread_self(),
	    EXC_MASK_BAD_INSTRUCTION, p,
	    (int)(EXCEPTION_STATE | MACH_EXCEPTION_CODES), x86_THREAD_STATE64));
	__asm__ volatile("ud2" : "=b"(b));
	HOLDS(handled == 3 && b == 4711);
	TRY(thread_set_exception_ports(mach_thread_self(),
	    EXC_MASK_BAD_INSTRUCTION, p, (int)(EXCEPTION_STATE_IDENTITY |
	    MACH_EXCEPTION_CODES), x86_THREAD_STATE64));
	__asm__ volatile("ud2" : "=b"(b));
	HOLDS(handled == 4 && b == 4711);
}

/* A child inherits; its parent sees it die and lets it. */
static void
child(mach_port_t p)
{
	int status;
	pid_t pid;

	signal(SIGSEGV, SIG_DFL);
	wanted_exception = EXC_ARITHMETIC;
	verdict = KERN_FAILURE;
	page = NULL;
	TRY(task_set_exception_ports(mach_task_self(), EXC_MASK_ARITHMETIC, p,
	    (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0));
	pid = fork();
	if (pid == 0) {
		volatile int zero = 0;

		exit(4711 / zero);
	}
	HOLDS(waitpid(pid, &status, 0) == pid);
	HOLDS(WIFSIGNALED(status) && WTERMSIG(status) == SIGFPE);
	HOLDS(handled == 5 && last_code[0] == EXC_I386_DIV);
}

int
main(void)
{
	exception_mask_t masks[EXC_TYPES_COUNT];
	exception_behavior_t behaviors[EXC_TYPES_COUNT];
	thread_state_flavor_t flavors[EXC_TYPES_COUNT];
	mach_port_t p = server_port(), ports[EXC_TYPES_COUNT];
	mach_msg_type_number_t n;
	pthread_t t;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	HOLDS(pthread_create(&t, NULL, serve, &p) == 0);
	faults(p);
	child(p);
	TRY(task_swap_exception_ports(mach_task_self(), EXC_MASK_BAD_ACCESS,
	    MACH_PORT_NULL, 0, 0, masks, &n, ports, behaviors, flavors));
	HOLDS(n == 1 && masks[0] == EXC_MASK_BAD_ACCESS && ports[0] == p);
	TRY(task_get_exception_ports(mach_task_self(), EXC_MASK_BAD_ACCESS,
	    masks, &n, ports, behaviors, flavors));
	HOLDS(n == 1 && ports[0] == MACH_PORT_NULL);
	puts("exceptions: 5 handled");
	return 0;
}
