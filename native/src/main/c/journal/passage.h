/* Folders that the step has closed to its own user (chmod 600, 500): undoing opens those on the way
 * to a file for as long as it works on that file. */
#ifndef CAIRN_JOURNAL_PASSAGE_H
#define CAIRN_JOURNAL_PASSAGE_H

#include <stddef.h>
#include <sys/types.h>

#define PASSAGE_MOST 16

struct passage {
    struct {
        int fd; /* O_PATH */
        mode_t mode;
    } folders[PASSAGE_MOST];
    size_t count;
};

/* Opens every closed folder above the last name of `path`, which is relative to root. A folder of
 * another user, or one that has gone, stays as it is: what follows fails and says so. */
void passage_open(struct passage *p, int root, const char *path);
/* Closes them again. */
void passage_close(struct passage *p);

/* Gives the owner all rights to a file or folder that is open for nothing. -1 and errno. */
int passage_permit(int path_fd, mode_t mode);

#endif
