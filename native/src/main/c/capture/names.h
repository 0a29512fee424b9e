/* Inside capture/: tells whether the path that /proc shows for an object still leads to that
 * object. Paths are those of the step's mount namespace. */
#ifndef CAIRN_CAPTURE_NAMES_H
#define CAIRN_CAPTURE_NAMES_H

#include <sys/stat.h>

#include "capture/objects.h"

enum name_state {
    NAME_LEADS,     /* opening the path again gives the same object */
    NAME_GONE,      /* the object has no name any more */
    NAME_ELSEWHERE, /* another link to it lies in the same folder */
    NAME_LOST       /* the object has a name, but it is unknown */
};

/* `path` as /proc shows it, `st` of the object itself. *other is set for NAME_ELSEWHERE and is the
 * caller's. */
CAIRN_CHECKED int name_find(const struct objects *o, const char *path, const struct stat *st,
                            enum name_state *out, char **other, cairn_error *err);
/* Records, as an object, a folder that has no name any more. It is empty and stays empty. */
CAIRN_CHECKED int object_capture_folder(struct objects *o, const struct stat *st, const char *path,
                                        struct object **out, cairn_error *err);
/* Records the working folder of a process as its "cwd" or "cwd_object". */
CAIRN_CHECKED int capture_working_folder(struct objects *o, const struct captured_process *p,
                                         cairn_error *err);

#endif
