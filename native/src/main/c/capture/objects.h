/* Inside capture/: what processes share. *Descriptions* are open files as the kernel has them (one
 * position, one set of flags, however many descriptors in however many processes); *objects* are
 * memory or content that outlives any one mapping: shared anonymous memory, memfds, /dev/shm,
 * unlinked files. Each is captured once, in the pause. */
#ifndef CAIRN_CAPTURE_OBJECTS_H
#define CAIRN_CAPTURE_OBJECTS_H

#include <sys/stat.h>

#include "capture/binaries.h"
#include "capture/captured.h"
#include "image/image.h"
#include "rollback/rollback.h"

struct object_extent {
    uint64_t offset;
    size_t length;
    uint8_t *bytes;
};

struct object {
    uint64_t dev, ino;
    uint32_t space;
    struct object_extent *extents;
    size_t extent_count;
    json_t *json; /* its entry in META's "objects" */
};

struct open_description {
    pid_t pid; /* one process that holds it, */
    int fd;    /* and under which number */
    uint64_t dev, ino;
    unsigned flags;
    json_t *json; /* its entry in META's "descriptions" */
};

struct objects {
    struct object *objects;
    size_t object_count;
    struct open_description *descriptions;
    size_t description_count;
    struct rollback_open_file
        *written; /* regular files open for writing; paths and fds are those of this process */
    size_t written_count;
    uint32_t next_space;
    uint64_t shm_dev; /* the device of the step's own /dev/shm, 0 for none */
    pid_t init;
    const struct keeping *keeping; /* NULL: nothing is kept */
};

/* Records the descriptors of a process in its "descriptors". */
CAIRN_CHECKED int capture_descriptors(struct objects *o, struct captured_process *p,
                                      cairn_error *err);
/* Records the content of pipes, and refuses ends that no process of the tree holds. Call it after
 * the descriptors of all processes. */
CAIRN_CHECKED int capture_pipes(struct objects *o, cairn_error *err);
/* Records what each epoll watches, for all captured processes. */
CAIRN_CHECKED int capture_epolls(const struct objects *o, cairn_error *err);
/* Records which process each pidfd refers to, for all captured processes. */
CAIRN_CHECKED int capture_pidfds(const struct objects *o, const struct frozen *frozen,
                                 const struct captured_process *processes, size_t count,
                                 cairn_error *err);
/* Records an inotify in the json of its description. Fails if events are waiting in it. */
CAIRN_CHECKED int describe_inotify(const struct captured_process *p, int number, const char *fdinfo,
                                   json_t *json, cairn_error *err);
/* Finds the paths of what inotifies watch. Call it after the descriptors of all processes. */
CAIRN_CHECKED int capture_inotifies(const struct objects *o,
                                    const struct captured_process *processes, size_t count,
                                    cairn_error *err);
/* Records all POSIX message queues in META's "mqueues". Call it after the descriptors of all
 * processes. */
CAIRN_CHECKED int capture_mqueues(const struct objects *o, json_t *meta, cairn_error *err);
/* Sockets whose other end is not of the tree. */
CAIRN_CHECKED int capture_sockets(const struct objects *o, cairn_error *err);
/* Records a socket in the json of its description. */
CAIRN_CHECKED int describe_socket(const struct captured_process *p, int number, uint64_t ino,
                                  json_t *json, cairn_error *err);
/* Records a TCP or UDP socket in the json of its description. */
CAIRN_CHECKED int describe_inet(int fd, int type, uint64_t ino, json_t *json, cairn_error *err);
/* Records SO_PEERCRED of the unix sockets that this process describes, with the pids that it sees.
 * Call it once the process can be injected into. */
CAIRN_CHECKED int capture_credentials(const struct objects *o, struct captured_process *p,
                                      cairn_error *err);
/* Records which processes descriptions signal when they are ready. Call it once the process can be
 * injected into. */
CAIRN_CHECKED int capture_signal_driven(const struct objects *o, struct captured_process *p,
                                        cairn_error *err);
/* Finds which TCP sockets are the two ends of one connection, and records its queued data. */
CAIRN_CHECKED int capture_inet(const struct objects *o, cairn_error *err);
enum lock_owner { LOCKS_OF_DESCRIPTION, LOCKS_OF_PROCESS };
/* Returns the locks that fdinfo lists, as an array; *out is NULL for none. Refuses a lease. */
CAIRN_CHECKED int describe_locks(const char *fdinfo, enum lock_owner owner, json_t **out,
                                 cairn_error *err);
/* Records everything in the step's own /dev/shm in META's "shm". */
CAIRN_CHECKED int capture_shm(struct objects *o, json_t *meta, cairn_error *err);
/* Records the program that a process runs, if it has no name any more, as its "exe_object". Call it
 * before the mappings, which then need not copy the same bytes. */
CAIRN_CHECKED int capture_deleted_program(struct objects *o, struct captured_process *p,
                                          cairn_error *err);
/* Records the mappings of a process in its "maps", with the shared memory behind them. */
CAIRN_CHECKED int capture_mappings(struct objects *o, struct captured_process *p, cairn_error *err);

/* Removes the identity of files that the step reads and also writes, because roll-back restores
 * their content. Call it after the mappings. */
void capture_read_files(const struct objects *o);
/* Records the content of files that the step only reads. Call it after the pause. */
CAIRN_CHECKED int read_files_describe(const struct objects *o, cairn_error *err);

/* Records a segment of SysV shared memory. */
CAIRN_CHECKED int capture_segment_mapping(struct objects *o, const struct captured_process *p,
                                          const struct proc_map *map, json_t *json,
                                          cairn_error *err);
/* Records all SysV objects in META's "sysv". Call it after the mappings. */
CAIRN_CHECKED int capture_sysv(struct objects *o, struct captured_process *processes, size_t count,
                               json_t *meta, cairn_error *err);
/* Records the SEM_UNDO adjustments for these sets (as META has them) in the "undo" of each process.
 */
CAIRN_CHECKED int capture_undo(const struct objects *o, struct captured_process *processes,
                               size_t count, const json_t *sets, cairn_error *err);

/* objects.c */
/* Whether a path ends in the " (deleted)" that /proc appends if the file has no name any more. */
bool path_is_deleted(const char *path);
struct object *object_find(const struct objects *o, uint64_t dev, uint64_t ino);
CAIRN_CHECKED int object_add(struct objects *o, uint64_t dev, uint64_t ino, const char *kind,
                             const char *name, struct object **out, cairn_error *err);
/* Records owner, permissions and times of an object that a restore makes again. */
void object_note_attributes(struct object *object, const struct stat *st);
/* Copies all data of a file, and leaves out the holes. */
CAIRN_CHECKED int object_capture_file(struct object *object, int fd, uint64_t size,
                                      cairn_error *err);
/* Copies a range of a process's memory as the object's bytes from `offset` on. */
CAIRN_CHECKED int object_capture_memory(struct object *object, const struct injector *from,
                                        uint64_t at, uint64_t offset, size_t length,
                                        cairn_error *err);
CAIRN_CHECKED int objects_write(const struct objects *o, image_writer *writer, cairn_error *err);
void objects_free(struct objects *o);

bool description_is(const struct open_description *d, const char *kind);
/* A copy of a process's descriptor, sharing its description. */
CAIRN_CHECKED int description_borrow(pid_t pid, int fd, int *out, cairn_error *err);

#endif
