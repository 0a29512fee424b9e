/* Scope cleanup for descriptors and memory, with `steal` to hand ownership on. */
#ifndef CAIRN_COMMON_CLEANUP_H
#define CAIRN_COMMON_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define auto_close __attribute__((cleanup(cairn_cleanup_close)))
#define auto_free __attribute__((cleanup(cairn_cleanup_free)))
#define auto_fclose __attribute__((cleanup(cairn_cleanup_fclose)))
#define auto_closedir __attribute__((cleanup(cairn_cleanup_closedir)))

static inline void cairn_cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cairn_cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void cairn_cleanup_fclose(FILE **f)
{
    if (*f)
        fclose(*f);
}

static inline void cairn_cleanup_closedir(DIR **d)
{
    if (*d)
        closedir(*d);
}

static inline int steal_fd(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

static inline void *steal_ptr_(void **p)
{
    void *stolen = *p;
    *p = NULL;
    return stolen;
}
#define steal_ptr(p) ((__typeof__(*(p)))steal_ptr_((void **)(p)))

#endif
