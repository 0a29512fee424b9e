/* Mappings, each in the object's own range of addresses. */
#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u

static uint8_t *map(struct object *o, size_t pages, int prot, int flags, int fd, off_t offset)
{
    uint8_t *at = mmap(place_of(o), pages * PAGE, prot, flags | MAP_FIXED_NOREPLACE, fd, offset);
    note(o, "mmap", at == MAP_FAILED ? -1 : 0);
    if (at == MAP_FAILED)
        return NULL;
    o->memory = at;
    o->memory_len = pages * PAGE;
    return at;
}

static void scatter(struct object *o, uint8_t *at, size_t pages)
{
    for (uint32_t i = pick(o, 6); at && i > 0; i--) {
        size_t page = pick(o, (uint32_t)pages);
        memcpy(at + page * PAGE, bytes_of(o, i, PAGE), 1 + pick(o, PAGE - 1));
    }
}

static void act_memory(struct object *o)
{
    size_t at = pick(o, (uint32_t)o->memory_len);
    if (!o->memory)
        return;
    uint8_t before = o->memory[at];
    o->memory[at] = (uint8_t)(before * 5 + 1);
    say(o, "%zu was %d", at, before);
}
#define act_private_memory act_memory
ACTING_KIND(private_memory)
{
    size_t pages = 1 + pick(o, 100);
    uint8_t *at = map(o, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, pages);
}

KIND(memory_of_many_protections)
{
    static const int protections[] = {PROT_NONE,
                                      PROT_READ,
                                      PROT_READ | PROT_WRITE,
                                      PROT_READ | PROT_EXEC,
                                      PROT_READ | PROT_WRITE | PROT_EXEC,
                                      PROT_WRITE,
                                      PROT_EXEC};
    size_t pages = 20;
    uint8_t *at = map(o, pages, PROT_READ | PROT_WRITE,
                      (chance(o, 30) ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS |
                          (chance(o, 20) ? MAP_NORESERVE : 0),
                      -1, 0);
    scatter(o, at, pages);
    for (uint32_t i = pick(o, 5); at && i > 0; i--)
        note(o, "mprotect",
             mprotect(at + pick(o, 15) * PAGE, (1 + pick(o, 5)) * PAGE, protections[pick(o, 7)]));
}

KIND(advised_memory)
{
    static const int advice[] = {MADV_RANDOM,   MADV_SEQUENTIAL, MADV_DONTFORK, MADV_WIPEONFORK,
                                 MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP,
                                 MADV_FREE,     MADV_DONTNEED,   MADV_COLD};
    size_t pages = 20;
    uint8_t *at = map(o, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, pages);
    for (uint32_t i = 1 + pick(o, 3); at && i > 0; i--)
        note(o, "madvise",
             madvise(at + pick(o, 15) * PAGE, (1 + pick(o, 5)) * PAGE, advice[pick(o, 11)]));
}

KIND(mergeable_memory)
{
    uint8_t *at = map(o, 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, 10);
    note(o, "madvise", at ? madvise(at, 5 * PAGE, MADV_MERGEABLE) : 0);
}

KIND(guarded_memory)
{
    uint8_t *at = map(o, 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, 10);
    note(o, "madvise", at ? madvise(at + 3 * PAGE, 2 * PAGE, 102 /* MADV_GUARD_INSTALL */) : 0);
}

KIND(droppable_memory)
{
    uint8_t *at =
        map(o, 10, PROT_READ | PROT_WRITE, 0x08 /* MAP_DROPPABLE */ | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, 10);
}

KIND(sealed_memory)
{
    uint8_t *at = map(o, 4, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    note(o, "mseal", at ? syscall(462, at, 4 * PAGE, 0) : 0);
}

KIND(memory_with_a_key)
{
    uint8_t *at = map(o, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int key = pkey_alloc(0, 0);
    note(o, "pkey_mprotect", at ? pkey_mprotect(at, PAGE, PROT_READ | PROT_WRITE, key) : 0);
}

KIND(memory_with_a_name)
{
    uint8_t *at = map(o, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    note(o, "PR_SET_VMA", prctl(0x53564d41, 0, at, 2 * PAGE, "a name"));
}

KIND(locked_memory)
{
    uint8_t *at = map(o, 6, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, 6);
    note(o, "mlock", at ? mlock2(at, 2 * PAGE, chance(o, 50) ? MLOCK_ONFAULT : 0) : 0);
}

KIND(all_future_memory_locked)
{
    note(o, "mlockall", mlockall(MCL_FUTURE | MCL_ONFAULT));
}

KIND(memory_that_grows_down)
{
    uint8_t *at = mmap((uint8_t *)place_of(o) + (4 << 20), 4 * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
    note(o, "mmap", at == MAP_FAILED ? -1 : 0);
    if (at != MAP_FAILED)
        scatter(o, at, 4);
}

#define act_shared_memory act_memory
ACTING_KIND(shared_memory)
{
    size_t pages = 1 + pick(o, 40);
    uint8_t *at = map(o, pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, pages);
}

/* The same memory at two places. */
KIND(shared_memory_seen_twice)
{
    uint8_t *at = map(o, 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, 8);
    if (at)
        note(o, "mremap",
             mremap(at, 0, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at + (4 << 20)) == MAP_FAILED
                 ? -1
                 : 0);
}

static int file_of(struct object *o, int flags)
{
    int fd = open(name_of(o, "mapped"), O_CREAT | O_RDWR, 0600);
    note(o, "write", write(fd, bytes_of(o, 1, 30000), 30000));
    close(fd);
    return open(name_of(o, "mapped"), flags);
}

KIND(file_mapped_privately)
{
    int fd = file_of(o, O_RDONLY);
    uint8_t *at = map(o, 9, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, pick(o, 2) * PAGE);
    if (at && chance(o, 60))
        memcpy(at + pick(o, 5) * PAGE, "changed", 7);
    close(fd);
}

#define act_file_mapped_shared act_first_page
static void act_first_page(struct object *o)
{
    if (o->memory)
        say(o, "first was %d", o->memory[0]++);
}
ACTING_KIND(file_mapped_shared)
{
    int fd = file_of(o, O_RDWR);
    uint8_t *at = map(o, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at)
        memcpy(at + 100, "changed", 7);
    if (chance(o, 50))
        keep(o, fd);
    else
        close(fd);
}

/* That may become writable, or may not. */
KIND(file_mapped_shared_to_be_read)
{
    int fd = file_of(o, chance(o, 50) ? O_RDWR : O_RDONLY);
    map(o, 8, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
}

KIND(memory_file_mapped_to_be_read)
{
    int fd = keep(o, memfd_create("mapped", MFD_ALLOW_SEALING));
    note(o, "write", write(fd, bytes_of(o, 1, 8000), 8000));
    map(o, 2, PROT_READ, MAP_SHARED, fd, 0);
}

KIND(memory_file_mapped)
{
    int fd = keep(o, memfd_create("mapped", 0));
    note(o, "write", write(fd, bytes_of(o, 1, 8000), 8000));
    map(o, 2, PROT_READ | PROT_WRITE, chance(o, 50) ? MAP_SHARED : MAP_PRIVATE, fd, 0);
    if (chance(o, 50)) {
        close(fd);
        o->fd_count = 0;
    }
}

KIND(mapped_file_without_a_name)
{
    int fd = file_of(o, O_RDWR);
    map(o, 5, PROT_READ | PROT_WRITE, chance(o, 50) ? MAP_SHARED : MAP_PRIVATE, fd, 0);
    close(fd);
    note(o, "unlink", unlink(name_of(o, "mapped")));
}

/* A memory file, or one in shared memory, that it may only read. */
KIND(shared_memory_opened_to_be_read)
{
    char path[128];
    int fd = memfd_create("read", 0);
    note(o, "write", write(fd, bytes_of(o, 1, 8000), 8000));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int reader = open(path, O_RDONLY);
    close(fd);
    map(o, 2, PROT_READ, MAP_SHARED, reader, 0);
    close(reader);
}

KIND(memory_from_a_node)
{
    uint8_t *at = map(o, 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned long nodes = 1;
    scatter(o, at, 8);
    note(o, "mbind", at ? syscall(SYS_mbind, at, 4 * PAGE, 1 + pick(o, 3), &nodes, 8, 0) : 0);
}

KIND(mapped_file_that_was_cut)
{
    int fd = file_of(o, O_RDWR);
    map(o, 8, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    note(o, "ftruncate", ftruncate(fd, 5000));
    close(fd);
}

KIND(moved_memory)
{
    uint8_t *at = map(o, 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    scatter(o, at, 8);
    if (at)
        note(o, "mremap",
             mremap(at + 2 * PAGE, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
                    at + (4 << 20)) == MAP_FAILED
                 ? -1
                 : 0);
}

KIND(device_mapped)
{
    int fd = open("/dev/zero", O_RDWR);
    uint8_t *at =
        map(o, 4, PROT_READ | PROT_WRITE, chance(o, 50) ? MAP_SHARED : MAP_PRIVATE, fd, 0);
    scatter(o, at, 4);
    close(fd);
}

/* The bytes, by a new attachment. */
static void act_sysv_shared_memory(struct object *o)
{
    struct shmid_ds ds;
    int id = (int)o->counts[0];
    const uint8_t *at = shmat(id, NULL, SHM_RDONLY);
    note(o, "shmat", at == (void *)-1 ? -1 : 0);
    if (at == (void *)-1 || shmctl(id, IPC_STAT, &ds) != 0)
        return;
    uint64_t sum = 0;
    for (size_t i = 0; i < ds.shm_segsz; i++)
        sum = sum * 31 + at[i];
    say(o, "segment %d key %#x mode %o size %zu attached %lu sum %lx", id, ds.shm_perm.__key,
        ds.shm_perm.mode, ds.shm_segsz, ds.shm_nattch, sum);
    shmdt(at);
}
ACTING_KIND(sysv_shared_memory)
{
    key_t key = chance(o, 50) ? IPC_PRIVATE : (key_t)(o->node * 1000 + o->index + 1);
    int id = shmget(key, 2 * PAGE + 100, IPC_CREAT | (chance(o, 30) ? 0640 : 0600));
    note(o, "shmget", id < 0 ? id : 0);
    o->counts[0] = (uint64_t)id;
    uint8_t *at = shmat(id, place_of(o), 0);
    scatter(o, at, 3);
    if (chance(o, 30))
        note(o, "shmdt", shmdt(at));
    else if (chance(o, 50))
        note(o, "IPC_RMID", shmctl(id, IPC_RMID, NULL));
    else if (chance(o, 30))
        note(o, "shmat", shmat(id, (char *)place_of(o) + 8 * PAGE, SHM_RDONLY) == (void *)-1);
}

KIND(memory_watched_from_user_space)
{
    keep(o, (int)syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */));
}
