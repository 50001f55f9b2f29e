/* SPDX-License-Identifier: ISC */
/*
 * veneerd, the Linux side of the supervisor.
 *
 * Theory of operation.  The main thread sleeps in epoll: new connections, the timer that
 * carries all callouts, pidfds of guests, end of listeners.  A connection gets a thread
 * of its own, so that only it waits for what a guest sends; once it has received a
 * seccomp listener, that thread serves the listener for good, blocked in NOTIF_RECV
 * (the kernel then moves it to the caller's core).  One lock surrounds kern/ and every
 * structure below; no file of a guest's choosing is touched under it.
 *
 * Who calls is what the kernel says: the thread id of the notification, turned into
 * process and start time through /proc while the notification is still alive.
 */
#ifndef VENEER_HOST_H
#define VENEER_HOST_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "../kern/kern.h"
#include "shared.h"

struct seccomp_notif;

/* Memory shared with one address space of guests. */
struct guest_window {
	unsigned refs;
	int fd;			/* owned */
	uint32_t nslots;
	size_t size;
	unsigned char *map;	/* owned */
};

/* One seccomp filter tree and the thread that serves it. */
struct listener {
	struct listener *next;	/* in server.listeners */
	struct server *server;	/* borrowed */
	uint64_t id;
	int fd;			/* owned */
	pthread_t thread;
	atomic_bool ended;	/* every guest of the tree is gone */
	struct guest_task *tasks;
	struct {		/* of the call that is being served */
		enum gift what;
		int fd;		/* owned */
		uint64_t id;
	} gift;
};

/* A process: kern's task and what Linux adds. */
struct guest_task {
	struct task task;	/* first */
	struct listener *listener;	/* borrowed */
	struct guest_task *next;	/* of the listener */
	struct guest_task **link;
	uint64_t start;		/* of the process, clock ticks since boot */
	int pidfd;		/* owned */
	size_t sweep_at;	/* threads at which dead ones are looked for */
	struct guest_window *window;	/* ref, or NULL */
	bool borrowed;		/* the window is a relative's */
};

struct guest_thread {
	struct thread thread;	/* first */
	uint64_t start;		/* of the thread */
	uint64_t checked;	/* when that was last compared, coarse ns */
};

struct server {
	struct kern kern;
	pthread_mutex_t lock;
	int epoll, timer, signals, wake, socket;	/* owned */
	int commpage;		/* owned */
	int rundir, lockfile;	/* owned */
	uint64_t domain;
	unsigned connections;	/* threads, serving ones included */
	uint64_t next_listener;
	struct listener *listeners;
	unsigned idle_ms;
	bool foreground;
};

/* ---- server.c ---- */
int server_init(struct server *s);
/* Until a signal or idleness ends it. 0 or an errno. */
int server_run(struct server *s);
void server_fini(struct server *s);
/* The main thread looks at its state again. */
void server_wake(struct server *s);
int server_watch(struct server *s, int fd, uint32_t events, uint64_t tag);

/* What woke the main thread, in the upper half of epoll's data; the lower is a number. */
enum watch {
	WATCH_SOCKET = 1,
	WATCH_TIMER,
	WATCH_SIGNALS,
	WATCH_WAKE,
	WATCH_TASK,		/* pid */
	WATCH_LISTENER,		/* listener.id */
};
static inline uint64_t
watch_tag(enum watch w, uint64_t id)
{
	return (uint64_t)w << 56 | id;
}

/* ---- hooks.c ---- */
extern const struct kern_hooks host_hooks;

/* ---- rundir.c ---- */
/* Open the runtime directory, take its lock and listen.  0; EALREADY: another veneerd
 * serves it; else an errno, and a line on stderr. */
int rundir_open(struct server *s);
/* Take the socket away, as long as we hold the lock. */
void rundir_close(struct server *s);

/* ---- connection.c ---- */
/* Take fd over and serve it in a thread of its own. */
void connection_start(struct server *s, int fd);

/* ---- listener.c ---- */
/* Until the tree's last guest is gone.  Takes the descriptor over. */
void listener_serve(struct server *s, int fd);
/* Under the lock: make its thread leave. */
void listener_end(struct listener *l);
struct listener *listener_lookup(struct server *s, uint64_t id);
void listener_reply(struct listener *l, uint64_t id, int64_t result);
bool listener_alive(struct listener *l, uint64_t id);

/* ---- identity.c ---- */
struct identity {
	pid_t pid, tid, parent;
	uint64_t start;		/* of the thread */
	uint64_t process_start;
	uint32_t uid, ruid, gid, rgid;
};
/* 0, or ESRCH: no such thread. */
int identity_read(pid_t tid, struct identity *id);
/* Start time of a thread of a process, 0: gone. */
uint64_t identity_start(pid_t pid, pid_t tid);

/* The file as a string; false: gone. */
bool proc_read(const char *path, char *buf, size_t size);

/* ---- facts.c: hooks ---- */
bool facts_task(void *host, struct task *task, struct task_facts *f);
bool facts_thread(void *host, struct thread *th, struct thread_facts *f);
void facts_host(void *host, struct host_facts *f);
bool facts_control(void *host, struct task *task, enum task_control how);

/* ---- guest.c: all under the lock ---- */
/* The thread that a notification comes from, or NULL: it must say hello. */
struct guest_thread *guest_lookup(struct listener *l, pid_t tid);
/* Enter who says hello. 0 or a positive RPC_E. */
int guest_enter(struct listener *l, const struct identity *id, uint64_t flags);
void guest_gone(struct server *s, struct guest_task *t);
struct guest_task *guest_task_lookup(struct server *s, pid_t pid);

/* ---- memory.c: hooks ---- */
struct memory *memory_new(void *host, size_t n);
unsigned char *memory_bytes(void *host, struct memory *m);
void memory_free(void *host, struct memory *m);
int memory_gift(void *host, struct thread *th, enum gift gift, uint64_t id,
    struct memory *m);
/* Without the lock: do what memory_gift noted, for the notification not yet answered. */
void memory_give(struct listener *l, uint64_t notification, pid_t tid);

/* ---- window.c ---- */
/* Owns one reference. NULL: no memory or no descriptor. */
struct guest_window *window_new(uint32_t nslots);
void window_ref(struct guest_window *w);
void window_rele(struct guest_window *w);
/* Payload of the slot at that offset, NULL: none. */
unsigned char *window_payload(const struct guest_window *w, uint64_t slot);

/* ---- commpage.c ---- */
/* A sealed memfd with the domain's page, or -1. */
int commpage_new(uint64_t domain);

#endif
