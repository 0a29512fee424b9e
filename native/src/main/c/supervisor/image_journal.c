#include "supervisor/image_journal.h"

#include <stdio.h>

#include "supervisor/clock.h"

void image_journal_add(const struct attempt *a, const json_t *line)
{
    cairn_error ignored;
    int rc = line ? attempt_journal(a, line, &ignored) : 0;
    (void)rc;
}

static void add_and_free(const struct attempt *a, json_t *line)
{
    image_journal_add(a, line);
    json_decref(line);
}

json_t *image_journal_line(const struct image_folder *images, const char *reason,
                           const struct image_summary *summary,
                           const struct engine_figures *figures, int64_t took_ms)
{
    char at[UTC_TEXT_BYTES], name[IMAGE_NAME_BYTES], path[4200];
    clock_utc_text(at);
    image_folder_name(summary->sequence, name);
    snprintf(path, sizeof path, "%s/%s", images->path, name);
    json_t *line =
        json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:b, s:n}", "sequence",
                  (json_int_t)summary->sequence, "path", path, "at", at, "reason", reason, "bytes",
                  (json_int_t)summary->bytes, "raw_bytes", (json_int_t)summary->raw_bytes, "digest",
                  summary->digest, "pause_us", (json_int_t)figures->pause_us, "took_us",
                  (json_int_t)took_ms * 1000, "standing", figures->standing, "parent");
    if (line && figures->standing)
        json_object_set_new(line, "why_standing", json_string(figures->why_standing));
    return line;
}

void image_journal_failure(const struct attempt *a, const char *reason, const cairn_error *error)
{
    char at[UTC_TEXT_BYTES];
    clock_utc_text(at);
    json_t *message = json_string(error->message);
    add_and_free(a, json_pack("{s:o, s:i, s:s, s:s}", "failed", message ? message : json_string(""),
                              "code", error->code, "at", at, "reason", reason));
}

static void add_figure(const struct attempt *a, const char *what, int64_t figure)
{
    char at[UTC_TEXT_BYTES];
    clock_utc_text(at);
    add_and_free(a, json_pack("{s:I, s:s}", what, (json_int_t)figure, "at", at));
}

void image_journal_frozen(const struct attempt *a, int64_t frozen_ms)
{
    add_figure(a, "stood_still_ms", frozen_ms);
}

void image_journal_lease_recreated(const struct attempt *a, int times)
{
    add_figure(a, "lease_recreated", times);
}

void image_journal_rolled_back(const struct attempt *a, const struct spec *spec)
{
    char at[UTC_TEXT_BYTES];
    uint64_t files, bytes;
    const char *const logs[2] = {spec->stdout_path, spec->stderr_path};
    attempt_count_undone(a, logs, &files, &bytes);
    clock_utc_text(at);
    if (files > 0)
        add_and_free(a, json_pack("{s:{s:I, s:I}, s:s}", "rolled_back", "files", (json_int_t)files,
                                  "bytes", (json_int_t)bytes, "at", at));
}

void image_journal_left_alone(const struct attempt *a, const char *names)
{
    char at[UTC_TEXT_BYTES];
    clock_utc_text(at);
    /* a name that is not UTF-8 */
    json_t *text = json_string(names);
    add_and_free(a,
                 json_pack("{s:o, s:s}", "left_alone", text ? text : json_string("?"), "at", at));
}

void image_journal_stand_ins(const struct attempt *a, const json_t *paths)
{
    char at[UTC_TEXT_BYTES];
    size_t i;
    json_t *path, *names = json_string("");
    json_array_foreach(paths, i, path)
    {
        json_t *longer = json_sprintf("%s%s%s", json_string_value(names), i ? ", " : "",
                                      json_string_value(path));
        json_decref(names);
        names = longer;
    }
    clock_utc_text(at);
    add_and_free(a, json_pack("{s:o, s:s}", "stand_ins", names, "at", at));
}
