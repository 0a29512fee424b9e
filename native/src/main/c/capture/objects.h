/* Inside capture/: what processes share. *Descriptions* are open files as the kernel has them (one
 * position, one set of flags, however many descriptors in however many processes); *objects* are
 * memory or content that outlives any one mapping: shared anonymous memory, memfds, /dev/shm,
 * unlinked files. Both are taken once, in the pause. */
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

/* The descriptors of a process, into its "descriptors". */
CAIRN_CHECKED int capture_descriptors(struct objects *o, struct captured_process *p,
                                      cairn_error *err);
/* Content of pipes, and ends that no process of the tree holds; after the descriptors of all
 * processes. */
CAIRN_CHECKED int capture_pipes(struct objects *o, cairn_error *err);
/* Records what each epoll watches, for all captured processes. */
CAIRN_CHECKED int capture_epolls(const struct objects *o, cairn_error *err);
/* Records which process each pidfd refers to, for all captured processes. */
CAIRN_CHECKED int capture_pidfds(const struct objects *o, const struct frozen *frozen,
                                 const struct captured_process *processes, size_t count,
                                 cairn_error *err);
/* An inotify, into the json of its description; fails where events wait in it. */
CAIRN_CHECKED int describe_inotify(const struct captured_process *p, int number, const char *fdinfo,
                                   json_t *json, cairn_error *err);
/* By which paths inotifies watch what they do; after the descriptors of all processes. */
CAIRN_CHECKED int capture_inotifies(const struct objects *o,
                                    const struct captured_process *processes, size_t count,
                                    cairn_error *err);
/* All POSIX message queues, into META's "mqueues"; after the descriptors of all processes. */
CAIRN_CHECKED int capture_mqueues(const struct objects *o, json_t *meta, cairn_error *err);
/* Sockets whose other end is not of the tree. */
CAIRN_CHECKED int capture_sockets(const struct objects *o, cairn_error *err);
/* A socket, into the json of its description. */
CAIRN_CHECKED int describe_socket(const struct captured_process *p, int number, uint64_t ino,
                                  json_t *json, cairn_error *err);
/* A TCP or UDP socket, likewise. */
CAIRN_CHECKED int describe_inet(int fd, int type, uint64_t ino, json_t *json, cairn_error *err);
/* SO_PEERCRED of the unix sockets that are described by way of this process, as it sees pids; once
 * it can be injected into. */
CAIRN_CHECKED int capture_credentials(const struct objects *o, struct captured_process *p,
                                      cairn_error *err);
/* The processes that descriptions signal when something is ready; likewise. */
CAIRN_CHECKED int capture_signal_driven(const struct objects *o, struct captured_process *p,
                                        cairn_error *err);
/* Which TCP sockets are the two ends of a connection, and what is queued in it. */
CAIRN_CHECKED int capture_inet(const struct objects *o, cairn_error *err);
enum lock_owner { LOCKS_OF_DESCRIPTION, LOCKS_OF_PROCESS };
/* The locks that fdinfo lists, as an array; *out is NULL for none. A lease is refused. */
CAIRN_CHECKED int describe_locks(const char *fdinfo, enum lock_owner owner, json_t **out,
                                 cairn_error *err);
/* Everything in the step's own /dev/shm, into META's "shm". */
CAIRN_CHECKED int capture_shm(struct objects *o, json_t *meta, cairn_error *err);
/* The program that a process runs, where it has no name any more: its "exe_object". To be taken
 * before the mappings, which then need not copy what they show of it. */
CAIRN_CHECKED int capture_deleted_program(struct objects *o, struct captured_process *p,
                                          cairn_error *err);
/* The mappings of a process, into its "maps", with the shared memory behind them. */
CAIRN_CHECKED int capture_mappings(struct objects *o, struct captured_process *p, cairn_error *err);

/* What is read and written, too, has no identity of its own: roll-back makes it what it was. After
 * the mappings. */
void capture_read_files(const struct objects *o);
/* After the pause: what the files hold that are only read. */
CAIRN_CHECKED int read_files_describe(const struct objects *o, cairn_error *err);

/* A segment of SysV shared memory. */
CAIRN_CHECKED int capture_segment_mapping(struct objects *o, const struct captured_process *p,
                                          const struct proc_map *map, json_t *json,
                                          cairn_error *err);
/* All of SysV, into META's "sysv"; after the mappings. */
CAIRN_CHECKED int capture_sysv(struct objects *o, struct captured_process *processes, size_t count,
                               json_t *meta, cairn_error *err);
/* What SEM_UNDO has noted of these sets, as META has them, into the "undo" of each process. */
CAIRN_CHECKED int capture_undo(const struct objects *o, struct captured_process *processes,
                               size_t count, const json_t *sets, cairn_error *err);

/* objects.c */
/* /proc appends " (deleted)" to the path of a file that has no name any more. */
bool path_is_deleted(const char *path);
struct object *object_find(const struct objects *o, uint64_t dev, uint64_t ino);
CAIRN_CHECKED int object_add(struct objects *o, uint64_t dev, uint64_t ino, const char *kind,
                             const char *name, struct object **out, cairn_error *err);
/* Records owner, permissions and times, for an object that the restore makes again. */
void object_note_attributes(struct object *object, const struct stat *st);
/* Copies all data (not the holes) of a file. */
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
