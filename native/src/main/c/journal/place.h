/* Resolves a path of a task: the folder and the name that a system call is about to change.
 * For a thread that is in the step's mount namespace, and not in its pid namespace. */
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
    int64_t folder_born, born; /* ns; 0 if the file system does not record it */
    char name[NAME_MAX + 1];
    bool exists;
    struct stat st; /* of the name itself */
};

#define auto_place __attribute__((cleanup(place_close)))

/* proc_fd: the supervisor's own /proc. Symbolic links in the path are followed; the last one where
 * `follow` says so (a dangling one leads to what it would make). False where the call fails without
 * changing anything, or where it leads to something that is no file of a file system (/proc). */
bool place_find(int proc_fd, pid_t tid, int dirfd, const char *path, bool follow,
                struct place *out);
/* Only which file that is, which costs a single call. */
bool place_inode_of_fd(int proc_fd, pid_t tid, int fd, struct stat *st, int64_t *born);
/* The file that a descriptor of the task refers to, under its current name; false if it has none.
 */
bool place_of_fd(int proc_fd, pid_t tid, int fd, struct place *out);
void place_close(struct place *p);

/* As fstatat without following a link, and when it was made: inode numbers are used again. */
bool place_stat(int folder, const char *name, int flags, struct stat *st, int64_t *born);

/* Its absolute path; false where it is too long. */
bool place_path(int proc_fd, const struct place *p, char out[PATH_MAX]);

#endif
