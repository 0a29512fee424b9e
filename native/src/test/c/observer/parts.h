/* Inside observer/. */
#ifndef CAIRN_TEST_OBSERVER_PARTS_H
#define CAIRN_TEST_OBSERVER_PARTS_H

#include <stdio.h>
#include <sys/stat.h>

#include "observer.h"

/* Whether ignored.def names it, in its class. */
bool ignored(const char *class, const char *name);

/* The bytes of a whole file, ended by a NUL; NULL when it cannot be read: errno. Overwritten by the
 * next call. */
char *slurp(const char *path, size_t *len);

/* Names of a folder, sorted by number where they are numbers, else by name; `each` may slurp. */
void each_name(const char *folder, void (*each)(const char *folder, const char *name));

/* Hex of bytes, or its length and hash where it is long. Static; eight results are valid at once.
 */
const char *hex_of(const void *bytes, size_t len);
const char *text_of(const void *bytes, size_t len); /* printable, escaped as \xNN */
uint64_t hash_of(const void *bytes, size_t len, uint64_t seed);

/* What a call gave: its result or the name of its errno. Static, as above. */
const char *result_of(long rc);

/* "{CLASS:DEVICE-INODE}" */
const char *identity_of(const struct stat *st);

/* Of a socket; a port that the kernel chose counts as an identity. Static. */
const char *address_of(const void *address, unsigned len);

void grow_stack(void);
void observe_descriptors(void);
void observe_socket(int fd);
void observe_mappings(void);
void observe_process_files(const char *folder, bool of_thread);

#endif
