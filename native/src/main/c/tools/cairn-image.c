/* cairn-image: shows, verifies and decodes images for a person, or with --json for a program. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "image/image.h"
#include "restore/binaries.h"

/* An image that is missing, damaged, of another version, or not to be trusted. */
#define EXIT_REFUSED 1
#define EXIT_USAGE 2

static const char usage_text[] =
    "usage: cairn-image ls     [--json] FOLDER    the images in a folder of checkpoints\n"
    "       cairn-image show   [--json] IMAGE     what it is and what it holds, in outline\n"
    "       cairn-image verify [--json] IMAGE...  reads and checks every byte\n"
    "       cairn-image decode [--json] IMAGE     all of META, and the list of chunks\n"
    "An IMAGE is a folder such as checkpoints/000007. Exit: 0 fine, 1 refused, 2 usage.\n";

struct totals {
    uint64_t data, stored, zero, shared;
};

static void add_chunk(struct totals *totals, const struct image_chunk *chunk)
{
    totals->data += chunk->data_len;
    totals->stored += chunk->stored_len;
    for (size_t k = 0; k < chunk->n_runs; k++) {
        if (chunk->runs[k].source == IMAGE_RUN_ZERO)
            totals->zero += chunk->runs[k].length;
        if (chunk->runs[k].source == IMAGE_RUN_SHARED)
            totals->shared += chunk->runs[k].length;
    }
}

static struct totals totals_of(const image_reader *image)
{
    struct totals totals = {0};
    for (size_t i = 0; i < image_reader_chunks(image); i++) {
        struct image_chunk chunk;
        image_reader_chunk_info(image, i, &chunk);
        add_chunk(&totals, &chunk);
    }
    return totals;
}

/* Formats a size as "284.3 MiB" in the caller's buffer, which it returns. */
static const char *human(char out[16], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit++;
    }
    snprintf(out, 16, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return out;
}

static int refuse(const cairn_error *err)
{
    fprintf(stderr, "cairn-image: %s\n", err->message);
    return EXIT_REFUSED;
}

static void print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(value);
}

static json_t *meta_of(const image_reader *image)
{
    size_t len;
    const char *text = image_reader_meta(image, &len);
    return json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
}

static json_t *summary_json(const image_reader *image)
{
    struct image_summary summary;
    struct totals totals = totals_of(image);
    image_reader_summary(image, &summary);
    return json_pack("{s:I, s:s, s:I, s:I, s:I, s:I, s:I}", "sequence",
                     (json_int_t)summary.sequence, "digest", summary.digest, "bytes",
                     (json_int_t)summary.bytes, "raw_bytes", (json_int_t)summary.raw_bytes,
                     "zero_bytes", (json_int_t)totals.zero, "shared_bytes",
                     (json_int_t)totals.shared, "chunks", (json_int_t)image_reader_chunks(image));
}

static void print_summary(const image_reader *image)
{
    struct image_summary summary;
    struct totals totals = totals_of(image);
    char a[16], b[16], c[16], d[16];
    image_reader_summary(image, &summary);
    printf("image    %06" PRIu32 "\ndigest   %s\non disk  %s in %zu chunks\n"
           "holds    %s of data, %s of zeros, %s shared\n",
           summary.sequence, summary.digest, human(a, summary.bytes), image_reader_chunks(image),
           human(b, totals.data), human(c, totals.zero), human(d, totals.shared));
}

/* Reads the kept files, which lie beside the image and are shared by all images of the step. */
static void print_kept(const json_t *meta)
{
    char size[16];
    struct binaries_total kept = binaries_total(meta);
    if (kept.files > 0)
        printf("keeps    %zu programs and libraries, %s\n", kept.files, human(size, kept.bytes));
}

/* JSON's own escapes keep control characters off the terminal, because a text may come from
 * anywhere. */
static void print_scalar(const json_t *value)
{
    auto_free char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    fputs(text ? text : "?", stdout);
}

/* Prints one line: scalars as they are, arrays and objects only with their number of elements. */
static void print_line(const json_t *value)
{
    const char *key;
    json_t *member;
    if (!json_is_object(value)) {
        print_scalar(value);
        return;
    }
    json_object_foreach((json_t *)value, key, member)
    {
        printf("%s", key);
        if (json_is_array(member)) {
            printf("[%zu] ", json_array_size(member));
        } else if (json_is_object(member)) {
            printf("{%zu} ", json_object_size(member));
        } else {
            putchar('=');
            print_scalar(member);
            putchar(' ');
        }
    }
}

static void print_outline(const json_t *meta)
{
    const char *key;
    json_t *member, *element;
    size_t i;
    json_object_foreach((json_t *)meta, key, member)
    {
        if (strcmp(key, "binaries") == 0)
            continue; /* print_kept */
        printf("%-8s ", key);
        if (!json_is_array(member)) {
            print_line(member);
            putchar('\n');
            continue;
        }
        printf("%zu\n", json_array_size(member));
        json_array_foreach(member, i, element)
        {
            printf("         ");
            print_line(element);
            putchar('\n');
        }
    }
}

static int show(const image_reader *image, bool json)
{
    json_auto_t *meta = meta_of(image);
    if (!meta) {
        fprintf(stderr, "cairn-image: META is not JSON\n");
        return EXIT_REFUSED;
    }
    if (json) {
        json_t *out = summary_json(image);
        json_object_set(out, "meta", meta);
        print_json(out);
        return 0;
    }
    print_summary(image);
    print_kept(meta);
    print_outline(meta);
    return 0;
}

static const char *source_name(uint32_t source)
{
    static const char *const names[] = {"data", "zero", "shared", "parent"};
    return source < sizeof names / sizeof names[0] ? names[source] : "unknown";
}

static json_t *run_json(const struct image_run *run)
{
    json_t *out = json_pack("{s:o, s:I, s:s}", "start", json_sprintf("0x%" PRIx64, run->start),
                            "length", (json_int_t)run->length, "source", source_name(run->source));
    if (run->source == IMAGE_RUN_SHARED)
        json_object_set_new(out, "other", json_integer(run->other));
    return out;
}

static json_t *chunk_json(const struct image_chunk *chunk)
{
    json_t *runs = json_array();
    for (size_t k = 0; k < chunk->n_runs; k++)
        json_array_append_new(runs, run_json(&chunk->runs[k]));
    return json_pack("{s:I, s:I, s:I, s:o}", "space", (json_int_t)chunk->space, "raw_bytes",
                     (json_int_t)chunk->data_len, "stored_bytes", (json_int_t)chunk->stored_len,
                     "runs", runs);
}

static void print_chunk(size_t i, const struct image_chunk *chunk)
{
    printf("chunk %zu  space %" PRIu32 "  %zu bytes, %zu on disk\n", i, chunk->space,
           chunk->data_len, chunk->stored_len);
    for (size_t k = 0; k < chunk->n_runs; k++) {
        const struct image_run *run = &chunk->runs[k];
        printf("  0x%016" PRIx64 " + %#10" PRIx64 "  %s", run->start, run->length,
               source_name(run->source));
        if (run->source == IMAGE_RUN_SHARED)
            printf(" with space %" PRIu32, run->other);
        putchar('\n');
    }
}

static int decode(const image_reader *image, bool json)
{
    json_auto_t *meta = meta_of(image);
    if (!meta) {
        fprintf(stderr, "cairn-image: META is not JSON\n");
        return EXIT_REFUSED;
    }
    json_auto_t *chunks = json_array();
    if (!json) {
        print_summary(image);
        print_json(json_incref(meta));
    }
    for (size_t i = 0; i < image_reader_chunks(image); i++) {
        struct image_chunk chunk;
        image_reader_chunk_info(image, i, &chunk);
        if (json)
            json_array_append_new(chunks, chunk_json(&chunk));
        else
            print_chunk(i, &chunk);
    }
    if (json) {
        json_t *out = summary_json(image);
        json_object_set(out, "meta", meta);
        json_object_set(out, "chunk_list", chunks);
        print_json(out);
    }
    return 0;
}

/* Opens an image and calls a function with it. */
static int with_image(const char *path, bool json, int (*body)(const image_reader *, bool))
{
    cairn_error err;
    image_reader *image;
    if (image_reader_open(AT_FDCWD, path, &image, &err) != 0)
        return refuse(&err);
    int rc = body(image, json);
    image_reader_close(image);
    return rc;
}

static int verify_kept(const image_reader *image, cairn_error *err)
{
    json_auto_t *meta = meta_of(image);
    return binaries_verify(image_reader_dirfd(image), meta, err);
}

static int verify_one(const char *path, json_t *results)
{
    cairn_error err = {0};
    image_reader *image = NULL;
    struct image_summary summary = {0};
    char size[16];
    int rc = image_reader_open(AT_FDCWD, path, &image, &err);
    if (rc == 0)
        rc = image_reader_verify(image, &err);
    if (rc == 0)
        rc = verify_kept(image, &err);
    if (image)
        image_reader_summary(image, &summary);
    image_reader_close(image);
    if (results)
        json_array_append_new(
            results,
            rc == 0 ? json_pack("{s:s, s:b, s:s}", "path", path, "ok", 1, "digest", summary.digest)
                    : json_pack("{s:s, s:b, s:i, s:s}", "path", path, "ok", 0, "code", err.code,
                                "message", err.message));
    else if (rc == 0)
        printf("%s: whole, %s, %s\n", path, human(size, summary.bytes), summary.digest);
    return rc == 0 ? 0 : results ? EXIT_REFUSED : refuse(&err);
}

static int verify(char *const *paths, bool json)
{
    int worst = 0;
    json_t *results = json ? json_array() : NULL;
    for (; *paths; paths++) {
        int rc = verify_one(*paths, results);
        worst = rc > worst ? rc : worst;
    }
    if (results)
        print_json(results);
    return worst;
}

/* Accepts "000007" and ".000007.partial"; any other name is not an image. */
static int is_image_name(const struct dirent *entry)
{
    const char *name = entry->d_name + (entry->d_name[0] == '.');
    size_t digits = strspn(name, "0123456789");
    return digits >= 6 && strcmp(name + digits, entry->d_name[0] == '.' ? ".partial" : "") == 0;
}

static void list_one(int dirfd, const char *name, json_t *results)
{
    cairn_error err = {0};
    image_reader *image = NULL;
    struct image_summary summary = {0};
    char bytes[16], raw[16];
    int rc = name[0] == '.' ? cairn_fail(&err, CAIRN_EIMAGE_TORN,
                                         "being written, or left by a writer that died")
                            : image_reader_open(dirfd, name, &image, &err);
    if (rc == 0)
        image_reader_summary(image, &summary);
    if (results) {
        json_t *entry = rc == 0 ? summary_json(image)
                                : json_pack("{s:i, s:s}", "code", err.code, "message", err.message);
        json_object_set_new(entry, "name", json_string(name));
        json_array_append_new(results, entry);
    } else if (rc == 0) {
        printf("%s  %10s  of %10s  %s\n", name, human(bytes, summary.bytes),
               human(raw, summary.raw_bytes), summary.digest);
    } else {
        printf("%s  %s\n", name, err.message);
    }
    image_reader_close(image);
}

static int list(const char *path, bool json)
{
    struct dirent **entries;
    auto_close int dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int n = dirfd < 0 ? -1 : scandirat(dirfd, ".", &entries, is_image_name, alphasort);
    if (n < 0) {
        fprintf(stderr, "cairn-image: %s: %s\n", path, strerror(errno));
        return EXIT_REFUSED;
    }
    json_t *results = json ? json_array() : NULL;
    for (int i = 0; i < n; i++) {
        list_one(dirfd, entries[i]->d_name, results);
        free(entries[i]);
    }
    free(entries);
    if (results)
        print_json(results);
    return 0;
}

static int usage(void)
{
    fputs(usage_text, stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    bool json = false;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage_text, stdout);
            return 0;
        }
        if (c != 'j')
            return usage();
        json = true;
    }
    if (argc - optind < 2)
        return usage();
    const char *verb = argv[optind];
    char **paths = argv + optind + 1;
    if (strcmp(verb, "verify") == 0)
        return verify(paths, json);
    if (paths[1])
        return usage();
    if (strcmp(verb, "ls") == 0)
        return list(paths[0], json);
    if (strcmp(verb, "show") == 0)
        return with_image(paths[0], json, show);
    if (strcmp(verb, "decode") == 0)
        return with_image(paths[0], json, decode);
    return usage();
}
