/* SPDX-License-Identifier: ISC */
/*
 * veneerd, the Linux side of the supervisor.
 *
 * Theory of operation.  The main thread sleeps in epoll: new connections, the timer that
 * carries all callouts, pidfds of guests, end of listeners.  A connection gets a thread
 * of its own, so that only it waits for what a guest sends; once it has received a
 * seccomp listener, that thread serves the listener for good, blocked in NOTIF_RECV
 * (the kernel then moves it to the caller's core).  One lock surrounds kern/ and every
 * structure below; no file of a guest's choosing is touched under it.  Each call is a
 * microthread of its listener's thread (micro/): one that waits for the lock, or for a
 * helper that does what a guest could drag out, does not keep the tree's others waiting.
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
#include "../micro/micro.h"
#include "shared.h"

#ifndef VENEER_VERSION
#define VENEER_VERSION "unknown"
#endif

struct seccomp_notif;

/* Memory shared with one address space of guests. */
struct guest_window {
	struct node stash;	/* first: idle.c's number of it, 0 none */
	struct guest_window *next_watched, **link_watched;	/* of server.watched */
	bool watched, used, leaving;
	unsigned refs;
	uint64_t number;	/* while it is handed over */
	int fd;			/* owned; -1: in idle.c's queue */
	uint32_t nslots;
	size_t size;
	unsigned char *map;	/* owned */
};

/* What memory_gift noted, to be done when the call has left kern/. */
struct pending_gift {
	enum gift what;
	int fd;			/* owned */
	uint64_t id;
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
	struct guest_window *window;	/* ref: of the window transport; NULL: of a filter */
	pid_t pid;		/* then: whose it is */
	bool heir;		/* then: forked by one that had joined */
	struct spin answers;	/* then: one at a time */
	struct worker worker;	/* runs each call as a microthread */
	struct pending_gift gift;	/* of the call that is in kern/ */
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

/* A connection whose peer has not said yet what it wants. */
struct greeting {
	struct greeting *next, **link;
	int fd;			/* borrowed */
};

struct server {
	struct kern kern;
	struct mutex lock;
	struct rwlock serving;	/* read by who serves, written while state is handed over */
	atomic_bool replacing, quieting, stopping;
	struct greeting *greetings;
	int epoll, timer, signals, wake, socket;	/* owned */
	int commpage;		/* owned */
	int rundir, lockfile;	/* owned */
	uint64_t domain;
	unsigned connections;	/* threads, serving ones included */
	uint64_t next_listener;
	struct listener *listeners;
	struct guest_window *watched;	/* used of late */
	uint64_t looked;	/* when they were looked at */
	int idle_ms;		/* -1: for good */
	bool window;		/* the transport that guests are told to use */
	uint64_t started;	/* the domain, ns */
	uint64_t replacements, calls;
	int heir;		/* the predecessor's socket, of a successor, else -1 */
	bool foreground;
	bool activated;		/* the socket is systemd's */
	bool systemd;
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

struct identity;

/* ---- hooks.c ---- */
extern const struct kern_hooks host_hooks;

/* ---- rundir.c ---- */
/* Open the runtime directory, take its lock and listen.  0; EALREADY: another veneerd
 * serves it; else an errno, and a line on stderr. */
int rundir_open(struct server *s);
/* Take the socket away, as long as we hold the lock. */
void rundir_close(struct server *s);
/* Where that socket is; -1: the path is too long. */
int rundir_socket(char *path, size_t size);
/* READY=1, MAINPID=N or so, to a service manager, if there is one. */
void rundir_notify(const char *what);

/* ---- connection.c ---- */
/* Take fd over and serve it in a thread of its own. */
void connection_start(struct server *s, int fd);
/* A detached thread of a small stack. 0 or an errno. */
int connection_thread(void *(*run)(void *), void *arg, pthread_t *out);

/* ---- report.c ---- */
/* Tasks and their rights, as text, to a connection. */
void report(struct server *s, int sock);

/* ---- listener.c ---- */
/* Until the tree's last guest is gone.  Takes the descriptor over. */
void listener_serve(struct server *s, int fd);
/* A predecessor's, without a thread yet; NULL: no memory. */
struct listener *listener_adopt(struct server *s, int fd, uint64_t id,
    pid_t pid);
/* Under the lock: a thread for each adopted one. 0 or an errno. */
int listeners_start(struct server *s);
/* Under the lock: make its thread leave. */
void listener_end(struct listener *l);
struct listener *listener_lookup(struct server *s, uint64_t id);
void listener_reply(struct listener *l, uint64_t id, int64_t result);
bool listener_alive(struct listener *l, uint64_t id);

/* One call of the listener's, by a microthread: n->id is what listener_reply takes. */
void listener_call(struct listener *l, const struct seccomp_notif *n);
struct listener *listener_new(struct server *s, int fd);
/* Under the lock. 0 or an errno. */
int listener_insert(struct listener *l);
void listener_remove(struct listener *l);

/* ---- doorbell.c: the window transport ---- */
/* A guest asked for it over this socket, which is consumed.  Until its last task is gone. */
void doorbell_serve(struct server *s, int sock, bool heir);
void doorbell_run(struct listener *l);
void doorbell_reply(struct listener *l, uint64_t id, int64_t result);
/* May this thread speak through the window? */
bool doorbell_owner(const struct listener *l, const struct identity *id);
/* A process that serves no more does not die for the guests. */
void doorbell_mute(const struct listener *l);

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
/* The parent says that it has this child. 0, RPC_ESRCH: it has not, or RPC_ENOMEM. */
int guest_forked(struct listener *l, const struct identity *parent,
    const struct identity *child);
/* A thread says that it ends. */
void guest_bye(struct listener *l, pid_t tid);
/* The process of a listener of the window transport, there already or new.  NULL: gone. */
struct guest_task *guest_join(struct listener *l, const struct identity *id);
/* A predecessor's, empty yet but for its place and window. */
struct guest_task *guest_adopt(struct listener *l, struct guest_window *w);
void guest_gone(struct server *s, struct guest_task *t);
struct guest_task *guest_task_lookup(struct server *s, pid_t pid);

/* ---- memory.c: hooks ---- */
struct memory {
	struct memory *next, **link;	/* of all */
	uint64_t number;	/* while it is handed over */
	size_t n;
	int fd;			/* owned, or -1 */
	bool given;		/* a guest may have written by descriptor */
	unsigned char *bytes;	/* mapped, or room; NULL: not yet mapped */
	unsigned char room[];
};
/* All that there is.  Under the lock. */
struct memory *memory_first(void);
/* A predecessor's: takes over fd, or with -1 copies n bytes.  NULL: no memory. */
struct memory *memory_adopt(int fd, size_t n, bool given, const void *bytes);
struct memory *memory_new(void *host, size_t n);
unsigned char *memory_bytes(void *host, struct memory *m);
void memory_free(void *host, struct memory *m);
int memory_gift(void *host, struct thread *th, enum gift gift, uint64_t id,
    struct memory *m);
/* Without the lock: do what memory_gift noted, for the notification not yet answered. */
void memory_give(struct listener *l, struct pending_gift *g,
    uint64_t notification, pid_t tid);

/* ---- window.c ---- */
/* Owns one reference. NULL: no memory or no descriptor. */
struct guest_window *window_new(uint32_t nslots);
/* A predecessor's; takes the descriptor over.  NULL: it is no such window. */
struct guest_window *window_adopt(int fd, uint32_t nslots);
void window_ref(struct guest_window *w);
void window_rele(struct guest_window *w);
/* Payload of the slot at that offset, NULL: none. */
unsigned char *window_payload(const struct guest_window *w, uint64_t slot);

/* ---- idle.c: all under the lock ---- */
/* A call uses it. */
void idle_touch(struct server *s, struct guest_window *w);
/* What is no longer used costs less from now on; false: nothing is left to look at. */
bool idle_look(struct server *s);
/* All descriptors have numbers again. */
void idle_recall(void);
/* It goes. */
void idle_forget(struct guest_window *w);
void idle_unwatch(struct guest_window *w);

/* ---- commpage.c ---- */
/* A sealed memfd with the domain's page, or -1. */
int commpage_new(uint64_t domain);

/* ---- quiet.c ---- */
/* All threads that serve guests rest, but the caller's own, which reads `serving` and has
 * it to itself then; the lock is held, too. 0, or EBUSY after a while, EALREADY. */
int server_quiet(struct server *s);
/* They go on; the lock is let go. */
void server_loud(struct server *s);
/* For a thread that serves: wait here while it is quiet. */
void server_rest(struct server *s, struct worker *w);
/* For the main thread: who serves and does not know yet that it is to be quiet. */
void server_interrupt(struct server *s);

/* ---- control.c, control_main.c: veneer supervisor ---- */
enum control_op { CONTROL_STATUS = 1, CONTROL_STOP, CONTROL_REPLACE,
	CONTROL_LOCKS, CONTROL_END };
enum { CONTROL_TEXT = 8192 };	/* locks: a second message, lines of text */
struct control_request;
struct control_answer;
void control_serve(struct server *s, int sock,
    const struct control_request *rq);
int control_main(int argc, char **argv);

/* ---- image.c: what a successor is handed, and how it takes that over ---- */
struct image {
	unsigned char *bytes;	/* owned */
	size_t n, room;
	int *fd;		/* borrowed, in the image's order; the array is owned */
	size_t nfds, fdroom;
	bool failed;
};
/* Under the lock, in a quiet moment. 0 or ENOMEM. */
int image_write(struct server *s, struct image *im);
void image_fini(struct image *im);
/* Descriptors are consumed if it succeeds. 0, or EINVAL with a reason, or ENOMEM. */
int image_read(struct server *s, const unsigned char *p, size_t n,
    const int *fd, size_t nfds, const char **why);

/* ---- replace.c ---- */
enum handover_what { HANDOVER_READY = 1, HANDOVER_IMAGE, HANDOVER_FDS,
	HANDOVER_CONFIRM, HANDOVER_GO, HANDOVER_REFUSE };
enum { HANDOVER_BATCH = 128 };	/* descriptors of a message */
struct handover;
int handover_send(int sock, struct handover *h, const int *fd, size_t nfds);
/* 0 or an errno; EPIPE: the other side has gone.  *nfds: room, then how many came. */
int handover_receive(int sock, struct handover *h, int *fd, size_t *nfds,
    int patience_ms);
/* Let the program take over.  0: it serves, and this process must end at once; else an
 * errno and why. */
int replace(struct server *s, const char *program, pid_t *heir,
    uint64_t *pause, char *why, size_t size);

/* ---- takeover.c ---- */
/* As a successor: everything that the predecessor had. 0 or an errno. */
int takeover(struct server *s);

#endif
