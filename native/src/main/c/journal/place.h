/* Resolves a path of a task to the folder and the name that a system call is about to change. For a
 * thread in the step's mount namespace but not in its pid namespace. */
#ifndef CAIRN_JOURNAL_PLACE_H
#define CAIRN_JOURNAL_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct place {
    int folder; /* O_PATH */
    struct stat folder_st;
    int64_t folder_born, born; /* creation time in ns; 0 if the file system does not record it */
    char name[NAME_MAX + 1];
    bool exists;
    struct stat st; /* of the name itself */
};

#define auto_place __attribute__((cleanup(place_close)))

/* proc_fd: the supervisor's own /proc. Follows symbolic links in the path, and the last one if
 * `follow` is set (a dangling link leads to the file that the call would create). False if the call
 * will fail without a change, or if the path leads to no stored file (/proc). */
bool place_find(int proc_fd, pid_t tid, int dirfd, const char *path, bool follow,
                struct place *out);
/* Only finds which file it is, with a single call. */
bool place_inode_of_fd(int proc_fd, pid_t tid, int fd, struct stat *st, int64_t *born);
/* The file that a descriptor of the task refers to, under its current name; false if it has none.
 */
bool place_of_fd(int proc_fd, pid_t tid, int fd, struct place *out);
void place_close(struct place *p);

/* As fstatat without following a link. Also returns the creation time, because inode numbers are
 * reused. */
bool place_stat(int folder, const char *name, int flags, struct stat *st, int64_t *born);

/* The absolute path of a place; false if it is too long. */
bool place_path(int proc_fd, const struct place *p, char out[PATH_MAX]);

#endif
