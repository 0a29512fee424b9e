/* libcairn: start a step, watch it, checkpoint it, stop it, and resume it from an image.
 *
 * A step is a command with all of its processes. It runs below a supervisor, a small process that
 * cairn_start starts from the program `cairn-supervisor`. The supervisor outlives its starter:
 * the step, its checkpoints and its time limit continue, and cairn_attach finds it again.
 * An attempt is one run of a step. Its folder holds spec.json, which says what to run
 * (native/docs/supervisor.md), and receives what the supervisor records, exit.json in the end.
 *
 *     cairn_error err = {0};
 *     cairn_step *step = NULL;
 *     char *answer = NULL;
 *     static const char environment[] = "PATH=/usr/bin:/bin\0LANG=C";
 *     int rc = cairn_start("/usr/lib/cairn/cairn-supervisor", "/home/u/attempts/1", environment,
 *                          sizeof environment, &step, &err);
 *     if (rc == 0)
 *         rc = cairn_step_request(step, "{\"op\":\"checkpoint\"}", 60000, &answer, &err);
 *     if (rc == 0)
 *         rc = cairn_step_wait(step, -1, &err);
 *     if (rc < 0)
 *         fprintf(stderr, "%s (code %d)\n", err.message, err.code);
 *     cairn_free(answer);
 *     cairn_step_free(step);
 *
 * To resume, write another attempt's spec.json whose "restore" names an image, and start it.
 *
 * Errors: a function that can fail returns 0, or a documented value above 0, and on failure the
 * negative of an errno or of a cairn_code. It then fills *err, unless err is NULL; on success it
 * leaves *err alone. The message names what failed, on which object, and what to do about it.
 *
 * Ownership: arguments are borrowed until the function returns. A text returned through `char **`
 * is the caller's: cairn_free. A handle is the caller's: cairn_step_free, cairn_terminal_free. Both
 * accept NULL.
 *
 * Threads: any thread may call any function. Several threads may use one handle at once; none may
 * use it while it is being freed. Functions block until they are done; those that wait for the step
 * take a timeout.
 *
 * The process: the library keeps no global state, installs no signal handlers, prints nothing and
 * never ends the process. Descriptors that it opens are close-on-exec.
 *
 * Text is UTF-8 and ends with NUL. JSON shapes are in native/docs/supervisor.md and
 * native/docs/meta.md. Paths are absolute, or relative to the working folder of the process.
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

/* Cairn's own codes start above every errno, so that one negative int carries either. */
enum cairn_code {
    CAIRN_EIMAGE_TORN = 1001,      /* image incomplete: no end record, short file */
    CAIRN_EIMAGE_CORRUPT = 1002,   /* a checksum does not match */
    CAIRN_EIMAGE_VERSION = 1003,   /* a format version that this build does not read */
    CAIRN_EIMAGE_FOREIGN = 1004,   /* made for another CPU, kernel or host */
    CAIRN_EIMAGE_UNTRUSTED = 1005, /* another user could have written it */
    CAIRN_EUNSUPPORTED =
        1010,           /* the step holds something that cannot be saved (named in the message) */
    CAIRN_EHOST = 1011, /* the host lacks what is needed (named in the message) */
    CAIRN_EBUSY_TREE = 1012, /* the process tree did not come to rest in time; try again */
    CAIRN_EROLLBACK = 1013,  /* a file changed in a way that cannot be undone */
    CAIRN_EPROTOCOL = 1014,  /* the peer on the control socket said something unexpected */
    CAIRN_EGONE = 1015,      /* the step or its supervisor is gone */
    CAIRN_EHELD = 1016,      /* the step runs elsewhere: its supervisor lives and is out of reach */
    CAIRN_ECHANGED =
        1017, /* others changed a file of the step: its user decides (accept_changed) */
};

typedef struct cairn_error {
    int code;           /* an errno or a cairn_code; 0 while nothing failed */
    char message[1000]; /* what failed, on which object, and what to do where that is known */
} cairn_error;

/* The version of this library, e.g. "0.1.0". Static. */
CAIRN_API const char *cairn_version(void);

CAIRN_API void cairn_free(void *p);

/* ---- Steps ---- */

/* A handle of a running step: a connection to its supervisor. Freeing it leaves the step running,
 * with one exception: a step whose spec says "detach": false is ended when the handle from
 * cairn_start is freed, or when the process that holds it dies. */
typedef struct cairn_step cairn_step;

/* Starts the program `supervisor` (cairn-supervisor) on an attempt's folder, which holds spec.json.
 * Returns when the step runs; a restore takes as long as its image takes to read. environment is
 * the step's, as `K=V` entries that each end with NUL; it is passed in memory and never written to
 * disk. On failure no process of the step is left. */
CAIRN_API CAIRN_CHECKED int cairn_start(const char *supervisor, const char *attempt_dir,
                                        const char *environment, size_t environment_len,
                                        cairn_step **out, cairn_error *err);

/* Finds the living supervisor of an attempt again, in any pid namespace of this kernel. CAIRN_EGONE
 * when this host has none. If the attempt never had a supervisor, this call closes it, so that no
 * supervisor can start later. Only the owner of the run may call it. CAIRN_EHELD when the
 * supervisor is in another pid namespace and the kernel is older than 6.5. */
CAIRN_API CAIRN_CHECKED int cairn_attach(const char *attempt_dir, cairn_step **out,
                                         cairn_error *err);

CAIRN_API void cairn_step_free(cairn_step *step);

/* The supervisor's identity in its own pid namespace: its pid, and its start time in clock ticks
 * since boot. */
CAIRN_API int64_t cairn_step_pid(const cairn_step *step);
CAIRN_API int64_t cairn_step_start_time(const cairn_step *step);

/* Sends one request, a line of JSON, and waits for its answer. timeout_ms < 0 waits for ever. On
 * ETIMEDOUT the supervisor still does what it was asked. An answer `"ok": false` is returned as an
 * error with the supervisor's code and message. */
CAIRN_API CAIRN_CHECKED int cairn_step_request(cairn_step *step, const char *json, int timeout_ms,
                                               char **answer, cairn_error *err);

/* Waits until the supervisor has ended: 1 when it has, 0 when timeout_ms passed first, < 0 waits
 * for ever. */
CAIRN_API CAIRN_CHECKED int cairn_step_wait(cairn_step *step, int timeout_ms, cairn_error *err);

/* ---- A step's terminal
 * --------------------------------------------------------------------------------------- */

typedef struct cairn_terminal cairn_terminal;

/* Attaches to the step's terminal. One thread may read while another writes. */
CAIRN_API CAIRN_CHECKED int cairn_terminal_open(cairn_step *step, cairn_terminal **out,
                                                cairn_error *err);
/* Blocks until there is output. Returns the number of bytes, 0 when the terminal is gone or closed.
 */
CAIRN_API CAIRN_CHECKED int cairn_terminal_read(cairn_terminal *t, void *buf, int len,
                                                cairn_error *err);
CAIRN_API CAIRN_CHECKED int cairn_terminal_write(cairn_terminal *t, const void *buf, int len,
                                                 cairn_error *err);
/* Ends a blocked read and makes every later one end at once. The handle still has to be freed. */
CAIRN_API void cairn_terminal_close(cairn_terminal *t);
CAIRN_API void cairn_terminal_free(cairn_terminal *t);

/* ---- Images ---- */

/* Reads and checks every byte of an image, its owner and mode, and whether it can be restored on
 * this host. Checks the kept programs and libraries only if this host's versions differ.
 */
CAIRN_API CAIRN_CHECKED int cairn_image_check(const char *path, cairn_error *err);
/* As cairn_image_check, and also checks every kept program and library. */
CAIRN_API CAIRN_CHECKED int cairn_image_verify(const char *path, cairn_error *err);

/* Describes an image as
 * {"sequence","bytes","raw_bytes","kept_bytes","digest","chunks","meta":{...}} without reading its
 * memory. kept_bytes counts the programs and libraries kept beside it. */
CAIRN_API CAIRN_CHECKED int cairn_image_describe(const char *path, char **json, cairn_error *err);

/* ---- The host ---- */

/* Reports what this host allows and what each missing feature costs, as a JSON array of
 * {"name","ok","required","detail","cost","who"}. */
CAIRN_API CAIRN_CHECKED int cairn_host_report(char **json, cairn_error *err);

#ifdef __cplusplus
}
#endif
#endif
