/* What epolls watch. */
#ifndef CAIRN_RESTORE_EPOLL_H
#define CAIRN_RESTORE_EPOLL_H

#include "restore/restoration.h"

/* In pid 1, once every description is open. */
CAIRN_CHECKED int epoll_restore_watches(const struct restoration *r, cairn_error *err);

#endif
