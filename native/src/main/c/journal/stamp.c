#include "journal/stamp.h"

#include <fcntl.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "image/codec.h"

int64_t stamp_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void stamp_write(int folder, const char *name, struct stamp stamp, bool durable)
{
    stamp.hash = codec_hash64(&stamp, offsetof(struct stamp, hash));
    auto_close int fd = openat(folder, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && pwrite(fd, &stamp, sizeof stamp, 0) == sizeof stamp && durable)
        fdatasync(fd);
}

bool stamp_read(int folder, const char *name, struct stamp *out)
{
    auto_close int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && pread(fd, out, sizeof *out, 0) == sizeof *out &&
           out->hash == codec_hash64(out, offsetof(struct stamp, hash));
}
