#include "proc/content_id.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/io.h"

#define MOST_HASHED (16u << 20)
#define SAMPLE_BYTES (16u << 10)
#define SAMPLED_END (64u << 10)
#define SAMPLES 64 /* between the ends, evenly */
#define OF_SAMPLES "xxh3-samples:"
#define MOST_HEADERS 128
#define MOST_NOTES 4096
#define MOST_BUILD_ID 64
#define NAME_OF_GNU "GNU"

static void write_hex(const char *prefix, const uint8_t *bytes, size_t len, char *out)
{
    char *at = stpcpy(out, prefix);
    for (size_t i = 0; i < len; i++)
        at += sprintf(at, "%02x", bytes[i]);
}

static size_t padded(uint32_t size)
{
    return ((size_t)size + 3) & ~(size_t)3;
}

bool content_build_id_note(const uint8_t *notes, size_t len, char out[CONTENT_ID_SIZE])
{
    Elf64_Nhdr note;
    while (len >= sizeof note) {
        memcpy(&note, notes, sizeof note);
        size_t name = padded(note.n_namesz), content = padded(note.n_descsz);
        if (name > len - sizeof note || content > len - sizeof note - name)
            return false;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof NAME_OF_GNU &&
            memcmp(notes + sizeof note, NAME_OF_GNU, sizeof NAME_OF_GNU) == 0 &&
            note.n_descsz > 0 && note.n_descsz <= MOST_BUILD_ID) {
            write_hex("build-id:", notes + sizeof note + name, note.n_descsz, out);
            return true;
        }
        notes += sizeof note + name + content;
        len -= sizeof note + name + content;
    }
    return false;
}

/* The build id of a 64-bit ELF file. A file without one is no error. */
bool content_build_id(int fd, uint64_t start, char out[CONTENT_ID_SIZE])
{
    Elf64_Ehdr elf;
    Elf64_Phdr headers[MOST_HEADERS];
    if (pread(fd, &elf, sizeof elf, (off_t)start) != sizeof elf ||
        memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_ident[EI_CLASS] != ELFCLASS64 ||
        elf.e_phentsize != sizeof *headers || elf.e_phnum > MOST_HEADERS)
        return false;
    size_t size = elf.e_phnum * sizeof *headers;
    if (pread(fd, headers, size, (off_t)(start + elf.e_phoff)) != (ssize_t)size)
        return false;
    for (size_t i = 0; i < elf.e_phnum; i++) {
        uint8_t notes[MOST_NOTES];
        if (headers[i].p_type != PT_NOTE || headers[i].p_filesz > sizeof notes)
            continue;
        ssize_t n = pread(fd, notes, headers[i].p_filesz, (off_t)(start + headers[i].p_offset));
        if (n > 0 && content_build_id_note(notes, (size_t)n, out))
            return true;
    }
    return false;
}

uint64_t content_mtime_ns(const struct stat *st)
{
    return (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
}

static int add_block(XXH3_state_t *hash, int fd, uint64_t at, size_t len, const char *path,
                     cairn_error *err)
{
    char block[SAMPLE_BYTES];
    for (size_t done = 0; done < len; done += SAMPLE_BYTES) {
        size_t n = len - done < SAMPLE_BYTES ? len - done : SAMPLE_BYTES;
        int rc = io_pread_full(fd, block, n, at + done, path, err);
        if (rc != 0)
            return rc;
        XXH3_128bits_update(hash, block, n);
    }
    return 0;
}

/* size: over MOST_HASHED. */
static int add_samples(XXH3_state_t *hash, int fd, uint64_t size, const char *path,
                       cairn_error *err)
{
    int rc = add_block(hash, fd, 0, SAMPLED_END, path, err);
    for (uint64_t i = 1; i < SAMPLES && rc == 0; i++)
        rc = add_block(hash, fd, size / SAMPLES * i, SAMPLE_BYTES, path, err);
    return rc != 0 ? rc : add_block(hash, fd, size - SAMPLED_END, SAMPLED_END, path, err);
}

int content_id_of(int fd, uint64_t size, const char *path, char out[CONTENT_ID_SIZE],
                  cairn_error *err)
{
    *out = '\0';
    if (content_build_id(fd, 0, out))
        return 0;
    XXH3_state_t *hash = XXH3_createState();
    if (!hash)
        return cairn_fail(err, ENOMEM, "out of memory reading %s", path);
    XXH3_128bits_reset(hash);
    bool whole = size <= MOST_HASHED;
    int rc = whole ? add_block(hash, fd, 0, (size_t)size, path, err)
                   : add_samples(hash, fd, size, path, err);
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(hash));
    XXH3_freeState(hash);
    if (rc == 0)
        write_hex(whole ? "xxh3:" : OF_SAMPLES, digest.digest, sizeof digest.digest, out);
    return rc;
}

bool content_id_is_of_samples(const char *id)
{
    return strncmp(id, OF_SAMPLES, strlen(OF_SAMPLES)) == 0;
}

int content_id(int fd, const char *path, char out[CONTENT_ID_SIZE], cairn_error *err)
{
    struct stat st;
    *out = '\0';
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at %s", path);
    return S_ISREG(st.st_mode) ? content_id_of(fd, (uint64_t)st.st_size, path, out, err) : 0;
}
