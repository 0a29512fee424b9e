#include "proc/content_id.h"

#include <elf.h>
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

/* Of a 64-bit ELF file with a build id; anything else is no error, and none. */
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

int content_id(int fd, const char *path, char out[CONTENT_ID_SIZE], cairn_error *err)
{
    struct stat st;
    *out = '\0';
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at %s", path);
    if (!S_ISREG(st.st_mode) || content_build_id(fd, 0, out) || st.st_size > MOST_HASHED)
        return 0;
    auto_free char *bytes = NULL;
    size_t len;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return cairn_fail_errno(err, "reading %s", path);
    int rc = io_read_stream(fd, path, MOST_HASHED, &bytes, &len, err);
    if (rc != 0)
        return rc;
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes, len));
    write_hex("xxh3:", digest.digest, sizeof digest.digest, out);
    return 0;
}
