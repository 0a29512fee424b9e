/* What a process can learn about itself and its objects, as a canonical text.
 *
 * A line is `KEY VALUE...`; a key has no blanks. Every getter that exists is read, unless
 * ignored.def names it with a reason (observer_test.c holds both to the kernel's headers and
 * /proc). What differs from life to life without being state is marked, and a comparison deals with
 * it (comparison.h):
 *   {CLASS:NUMBER}  an identity, such as an inode: only its equality with others counts
 *   ~NUMBER         seconds left of a timer: compared with a tolerance
 *
 * Nothing that is observed is changed: what waits in a queue is peeked at. Nothing is allocated
 * either, since a heap would show it; one thread of a process observes at a time. */
#ifndef CAIRN_TEST_OBSERVER_H
#define CAIRN_TEST_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Descriptors from here on are the observer's and its user's own, and are not observed. */
#define OBSERVER_OWN_FDS 900
/* The contents of mappings are observed in this range, where no library lies and no heap. */
#define OBSERVED_MEMORY_START 0x100000000000ull
#define OBSERVED_MEMORY_END 0x110000000000ull

/* Appends what was observed since the last call to the file, and forgets it. */
void observer_flush(const char *path);

/* Sets what the next lines' keys start with, such as "3.thread-1.". */
void observer_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line; the prefix and the newline are added. */
void observe(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What belongs to the calling thread; to the whole process; and, once everybody has observed
 * itself, how all processes that /proc shows relate to each other. */
void observe_thread(void);
void observe_process(void);
void observe_relations(void);

/* Takes from a descriptor all that waits in it, and writes it down in its order, descriptors that
 * were on their way included; a connection that waits is accepted. */
void observe_by_draining(int fd);
/* The same of signals that wait, blocked, for the calling thread, with what came with them. */
void observe_by_draining_signals(void);

#endif
