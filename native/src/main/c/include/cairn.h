/* libcairn: start, watch, checkpoint and restore steps.
 *
 * Errors    Every function that can fail returns 0 (or a documented value above it), or the
 * negative of an errno or a cairn_code, and fills *err when err is not NULL. *err is untouched on
 * success. Threads   Functions may be called from any thread. A handle may be used by several
 * threads at once, but not while it is being freed. The library keeps no global state, installs no
 * handlers, prints nothing and never ends the process. Memory    Strings returned through `char **`
 * belong to the caller: cairn_free. Handles: their own _free. NULL may be freed. Text      JSON is
 * UTF-8; its shapes are in native/docs/supervisor.md and native/docs/meta.md.
 */
#ifndef CAIRN_H
#define CAIRN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CAIRN_API __attribute__((visibility("default")))
#define CAIRN_CHECKED __attribute__((warn_unused_result))

/* Codes of our own start where errno ends, so that one negative int carries either. */
enum cairn_code {
    CAIRN_EIMAGE_TORN = 1001,      /* image incomplete: no end record, short file */
    CAIRN_EIMAGE_CORRUPT = 1002,   /* a checksum does not match */
    CAIRN_EIMAGE_VERSION = 1003,   /* a format version that this build does not read */
    CAIRN_EIMAGE_FOREIGN = 1004,   /* made for another CPU, kernel or host */
    CAIRN_EIMAGE_UNTRUSTED = 1005, /* somebody but the caller could have written it */
    CAIRN_EUNSUPPORTED =
        1010,           /* the step holds something that cannot be saved (named in the message) */
    CAIRN_EHOST = 1011, /* the host lacks what is needed (named in the message) */
    CAIRN_EBUSY_TREE = 1012, /* the process tree did not come to rest in time; try again */
    CAIRN_EROLLBACK = 1013,  /* a file changed in a way that cannot be undone */
    CAIRN_EPROTOCOL = 1014,  /* the peer on the control socket said something unexpected */
    CAIRN_EGONE = 1015,      /* the step or its supervisor is gone */
    CAIRN_EHELD = 1016,      /* the step runs elsewhere: its supervisor lives and is out of reach */
};

typedef struct cairn_error {
    int code;           /* an errno or a cairn_code; 0 while nothing failed */
    char message[1000]; /* what failed, on which object, and what to do where that is known */
} cairn_error;

/* The version of this library, e.g. "0.1.0". Static. */
CAIRN_API const char *cairn_version(void);

CAIRN_API void cairn_free(void *p);

/* ---- Steps
 * -------------------------------------------------------------------------------------------------
 */

/* A running step, by its supervisor. Freeing it lets go and touches nothing, with one exception: a
 * step whose spec says "detach": false ends when the handle that cairn_start gave is freed or the
 * process dies. */
typedef struct cairn_step cairn_step;

/* Starts the program `supervisor` (cairn-supervisor) on an attempt's folder, which holds spec.json,
 * and returns when the step runs (a restore may take as long as its image takes to read).
 * environment is `K=V` entries, each with its NUL; it is handed over in memory. On failure nothing
 * of the step is left. */
CAIRN_API CAIRN_CHECKED int cairn_start(const char *supervisor, const char *attempt_dir,
                                        const char *environment, size_t environment_len,
                                        cairn_step **out, cairn_error *err);

/* Finds the living supervisor of an attempt again, in whatever pid namespace of this kernel;
 * CAIRN_EGONE when there is none on this host. An attempt that has none yet never gets one from
 * here on. For the owner of the run only. CAIRN_EHELD when it is in another pid namespace and
 * the kernel is older than 6.5. */
CAIRN_API CAIRN_CHECKED int cairn_attach(const char *attempt_dir, cairn_step **out,
                                         cairn_error *err);

CAIRN_API void cairn_step_free(cairn_step *step);

/* Identity of the supervisor in its own pid namespace: start time in clock ticks since boot. */
CAIRN_API int64_t cairn_step_pid(const cairn_step *step);
CAIRN_API int64_t cairn_step_start_time(const cairn_step *step);

/* One request on the control socket and its answer. timeout_ms < 0 waits for ever; when it passes,
 * ETIMEDOUT, and the supervisor still does what it was asked. An answer `"ok": false` is an error
 * with the supervisor's code and message. */
CAIRN_API CAIRN_CHECKED int cairn_step_request(cairn_step *step, const char *json, int timeout_ms,
                                               char **answer, cairn_error *err);

/* Waits until the supervisor has ended: 1 when it has, 0 when timeout_ms passed first. */
CAIRN_API CAIRN_CHECKED int cairn_step_wait(cairn_step *step, int timeout_ms, cairn_error *err);

/* ---- A step's terminal
 * --------------------------------------------------------------------------------------- */

typedef struct cairn_terminal cairn_terminal;

/* Both directions of the step's terminal. One thread may read while another writes. */
CAIRN_API CAIRN_CHECKED int cairn_terminal_open(cairn_step *step, cairn_terminal **out,
                                                cairn_error *err);
/* Blocks for output; returns how many bytes, 0 when the terminal has gone or was closed. */
CAIRN_API CAIRN_CHECKED int cairn_terminal_read(cairn_terminal *t, void *buf, int len,
                                                cairn_error *err);
CAIRN_API CAIRN_CHECKED int cairn_terminal_write(cairn_terminal *t, const void *buf, int len,
                                                 cairn_error *err);
/* Wakes a reader for good; the handle stays to be freed. */
CAIRN_API void cairn_terminal_close(cairn_terminal *t);
CAIRN_API void cairn_terminal_free(cairn_terminal *t);

/* ---- Images
 * --------------------------------------------------------------------------------------------------
 */

/* Reads and checks every byte of an image, its owner and mode, and whether this host fits it. Of
 * the programs and libraries kept beside it only those that this host has otherwise. */
CAIRN_API CAIRN_CHECKED int cairn_image_check(const char *path, cairn_error *err);
/* The same, and every kept program and library. */
CAIRN_API CAIRN_CHECKED int cairn_image_verify(const char *path, cairn_error *err);

/* {"sequence","bytes","raw_bytes","kept_bytes","digest","chunks","meta":{...}} of an image; the
 * bytes of its chunks are not read. kept_bytes: of programs and libraries, beside it. */
CAIRN_API CAIRN_CHECKED int cairn_image_describe(const char *path, char **json, cairn_error *err);

/* ---- The host
 * ------------------------------------------------------------------------------------------------
 */

/* What this host allows: a JSON array of {"name","ok","detail","cost","who"}. */
CAIRN_API CAIRN_CHECKED int cairn_host_report(char **json, cairn_error *err);

/* This host as far as processes are concerned: {"boot_id","pid_ns"}. Pids compare only where both
 * are equal. */
CAIRN_API CAIRN_CHECKED int cairn_host_identity(char **json, cairn_error *err);

/* When a process started, in clock ticks since boot; CAIRN_EGONE when there is no such process. A
 * zombie counts as gone. */
CAIRN_API CAIRN_CHECKED int cairn_process_start_time(int64_t pid, int64_t *out, cairn_error *err);

/* ---- Files
 * ---------------------------------------------------------------------------------------------------
 */

/* Replaces a file (0600) atomically and durably: after a crash it is the old one or the new one,
 * whole. */
CAIRN_API CAIRN_CHECKED int cairn_publish_file(const char *path, const void *data, size_t len,
                                               cairn_error *err);

#ifdef __cplusplus
}
#endif
#endif
