#include "sandbox/terminal_queues.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"
#include "sandbox/terminal_modes.h"

#define LINE_DISCIPLINE_BYTES 4096
#define QUEUE_BYTES (64 * 1024) /* more than both buffers of one direction hold */
/* If this much input is queued, the line discipline may not have processed all of it yet. */
#define TYPED_AHEAD 3072
#define WAIT_MS 1000
/* The size of one buffer, which the kernel allocates if there is any room at all. */
#define MOST_AT_ONCE 3584

/* Polls `fd`. The kernel first moves the bytes that were written at the other end to this one, so
 * an answer of "nothing" can be trusted. */
static short ready(int fd, short events, int timeout_ms)
{
    struct pollfd p = {fd, events, 0};
    return poll(&p, 1, timeout_ms) > 0 ? p.revents : 0;
}

static int waiting(int fd)
{
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) < 0 ? 0 : bytes;
}

static bool has_lines(const struct termios2 *modes)
{
    return (modes->c_lflag & ICANON) != 0;
}

/* Whether, in these modes, input is read unchanged and has no other effect. */
static bool is_transparent(const struct termios2 *modes)
{
    return !(modes->c_lflag & (ICANON | ISIG | ECHO | ECHONL)) &&
           !(modes->c_iflag & (ISTRIP | INLCR | IGNCR | ICRNL | IUCLC | IXON | PARMRK));
}

static int set_packet_mode(int master, int on, cairn_error *err)
{
    return ioctl(master, TIOCPKT, &on) < 0 ? cairn_fail_errno(err, "packet mode of a terminal") : 0;
}

static bool takes_output(int slave)
{
    return ready(slave, POLLOUT, 0) & POLLOUT;
}

static int check_takable(int master, int slave, const struct termios2 *modes, int packet,
                         cairn_error *err)
{
    if (packet && (ready(master, POLLPRI, 0) & POLLPRI))
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a pseudo-terminal in packet mode whose status has not been read");
    if ((waiting(slave) > TYPED_AHEAD && !is_transparent(modes)) ||
        !(ready(master, POLLOUT, 0) & POLLOUT))
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a pseudo-terminal with %d bytes typed that nobody has read",
                          waiting(slave));
    if (!takes_output(slave) && (modes->c_lflag & ECHO) && waiting(slave) > 0)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a pseudo-terminal that is stopped (Ctrl-S) or full, and has still to "
                          "echo what was typed");
    if (modes->c_lflag & EXTPROC)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a pseudo-terminal whose lines are edited elsewhere (EXTPROC)");
    return 0;
}

static int note_bytes(json_t *json, const char *key, const void *bytes, size_t len,
                      cairn_error *err)
{
    auto_free char *hex = hex_encode(bytes, len);
    json_t *text = hex ? json_string(hex) : NULL;
    if (!text)
        return cairn_fail(err, ENOMEM, "out of memory taking what is in a terminal");
    return key ? json_object_set_new(json, key, text) : json_array_append_new(json, text);
}

struct taken {
    size_t len;
    uint8_t bytes[QUEUE_BYTES];
};

/* Reads everything that is available now. */
static int take_bytes(int fd, struct taken *taken, cairn_error *err)
{
    while (taken->len < QUEUE_BYTES && (ready(fd, POLLIN, 0) & POLLIN)) {
        ssize_t n = read(fd, taken->bytes + taken->len, QUEUE_BYTES - taken->len);
        if (n < 0 && errno != EINTR)
            return cairn_fail_errno(err, "reading what is in a terminal");
        if (n == 0)
            break;
        taken->len += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Each read gives one. */
static int take_lines(int slave, json_t *json, cairn_error *err)
{
    json_auto_t *lines = json_array();
    int rc = 0;
    while (rc == 0 && (ready(slave, POLLIN, 0) & POLLIN)) {
        uint8_t line[LINE_DISCIPLINE_BYTES];
        ssize_t n = read(slave, line, sizeof line);
        if (n < 0)
            rc = cairn_fail_errno(err, "reading a line typed at a terminal");
        else
            rc = note_bytes(lines, NULL, line, (size_t)n, err);
    }
    if (rc == 0 && json_array_size(lines) > 0)
        json_object_set(json, "lines", lines);
    return rc;
}

static int take_input(int master, int slave, const struct termios2 *modes, json_t *json,
                      cairn_error *err)
{
    auto_free struct taken *typed = calloc(1, sizeof *typed);
    if (!typed)
        return cairn_fail(err, ENOMEM, "out of memory taking what is in a terminal");
    int rc = has_lines(modes) ? take_lines(slave, json, err) : 0;
    struct termios2 by_bytes = *modes; /* this shows the incomplete line */
    by_bytes.c_lflag &= ~(tcflag_t)ICANON;
    by_bytes.c_cc[VMIN] = 1;
    by_bytes.c_cc[VTIME] = 0;
    if (rc == 0)
        rc = terminal_modes_set(master, &by_bytes, err);
    if (rc == 0)
        rc = take_bytes(slave, typed, err);
    if (rc == 0 && typed->len > 0)
        rc = note_bytes(json, "typed", typed->bytes, typed->len, err);
    int back = terminal_modes_set(master, modes, rc == 0 ? err : NULL);
    return rc != 0 ? rc : back;
}

static void pause_ms(void)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

/* Writes pieces that fill the kernel's buffers completely. While the kernel accepts a byte it
 * accepts a whole buffer, so that even a blocking descriptor does not block. */
#define BUFFER_BYTES 256

/* For the last `last` bytes, there may be room for more than one buffer. */
static int put_bytes(int fd, const uint8_t *bytes, size_t len, size_t last, cairn_error *err)
{
    for (size_t at = 0, ms = 0; at < len;) {
        if (!(ready(fd, POLLOUT, 0) & POLLOUT)) {
            if (ms++ == WAIT_MS)
                return cairn_fail(err, EAGAIN, "a terminal does not take back what was in it");
            pause_ms();
            continue;
        }
        size_t left = len - at;
        ssize_t n =
            write(fd, bytes + at, left <= last || left < BUFFER_BYTES ? left : BUFFER_BYTES);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return cairn_fail_errno(err, "putting back what was in a terminal");
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* The characters that have a meaning while lines are written back. */
struct editing {
    uint8_t end[3]; /* ends of a line: newline and those that the program set; 0 for none */
    uint8_t eof, literal, start, stop;
};

static bool ends_line(const struct editing *e, uint8_t byte)
{
    return byte == e->end[0] || (byte && (byte == e->end[1] || byte == e->end[2]));
}

static struct editing choose_editing(const struct termios2 *modes)
{
    struct editing e = {.end = {'\n', modes->c_cc[VEOL],
                                modes->c_lflag & IEXTEN ? modes->c_cc[VEOL2] : (uint8_t)0}};
    uint8_t *const chosen[] = {&e.eof, &e.literal, &e.start, &e.stop};
    uint8_t next = 1;
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++, next++) {
        while (ends_line(&e, next))
            next++;
        *chosen[i] = next;
    }
    return e;
}

static struct termios2 modes_of_editing(const struct termios2 *modes, const struct editing *e)
{
    struct termios2 editing = *modes;
    editing.c_iflag = IXON;
    editing.c_lflag = ICANON | IEXTEN;
    memset(editing.c_cc, 0, sizeof editing.c_cc);
    editing.c_cc[VEOL] = e->end[1];
    editing.c_cc[VEOL2] = e->end[2];
    editing.c_cc[VEOF] = e->eof;
    editing.c_cc[VLNEXT] = e->literal;
    editing.c_cc[VSTART] = e->start;
    editing.c_cc[VSTOP] = e->stop;
    return editing;
}

/* Types a flow-control character and waits until it takes effect. The line discipline obeys it
 * after all earlier input and leaves no byte for it. Packet mode reports the effect. A poll for
 * input could not wait for the report, because output may lie before it. */
static int type_and_wait(int master, uint8_t character, char status, cairn_error *err)
{
    char said = 0;
    int rc = put_bytes(master, &character, 1, 0, err);
    for (int i = 0; rc == 0 && !(ready(master, POLLPRI, 0) & POLLPRI); i++) {
        if (i == WAIT_MS * 10)
            return cairn_fail(err, EAGAIN, "a terminal does not answer");
        nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    if (rc == 0 && (read(master, &said, 1) != 1 || !(said & status)))
        return cairn_fail(err, EAGAIN, "a terminal does not answer");
    return rc;
}

/* Stops output by a character and, with `start`, continues it. By then the line discipline has
 * processed all earlier input and has written its echoes. Leaves modes of its own in place. */
static int type_flow_control(int master, const struct termios2 *modes, bool start, cairn_error *err)
{
    const struct editing e = choose_editing(modes);
    const struct termios2 editing = modes_of_editing(modes, &e);
    int rc = terminal_modes_set(master, &editing, err);
    if (rc == 0)
        rc = set_packet_mode(master, 1, err);
    if (rc == 0)
        rc = type_and_wait(master, e.stop, TIOCPKT_STOP, err);
    if (rc == 0 && start)
        rc = type_and_wait(master, e.start, TIOCPKT_START, err);
    int off = set_packet_mode(master, 0, rc == 0 ? err : NULL);
    return rc != 0 ? rc : off;
}

/* Continues stopped output, and records what had stopped it. Call it when nothing waits to be read
 * at the master. */
static void let_go_on(int slave, json_t *json)
{
    if (takes_output(slave))
        return;
    ioctl(slave, TCXONC, TCOON); /* TCOON undoes only TCOOFF */
    bool by_call = takes_output(slave);
    if (!by_call) {
        ioctl(slave, TCXONC, TCOOFF);
        ioctl(slave, TCXONC, TCOON);
    }
    json_object_set_new(json, "stopped", json_string(by_call ? "call" : "character"));
}

static int take_output(int master, int slave, const struct termios2 *modes, json_t *json,
                       cairn_error *err)
{
    auto_free struct taken *output = calloc(1, sizeof *output);
    if (!output)
        return cairn_fail(err, ENOMEM, "out of memory taking what is in a terminal");
    bool had_room = takes_output(slave);
    int rc = take_bytes(master, output, err);
    if (rc == 0 && !had_room) { /* there may be echoes for which there was no room */
        let_go_on(slave, json);
        rc = type_flow_control(master, modes, true, err);
        if (rc == 0)
            rc = take_bytes(master, output, err);
        int back = terminal_modes_set(master, modes, rc == 0 ? err : NULL);
        rc = rc != 0 ? rc : back;
    }
    return rc == 0 && output->len > 0 ? note_bytes(json, "output", output->bytes, output->len, err)
                                      : rc;
}

int terminal_queues_take(int master, int slave, json_t *json, cairn_error *err)
{
    struct termios2 modes;
    int packet = 0;
    int rc = terminal_modes_get(master, &modes, err);
    if (rc != 0)
        return rc;
    if (ioctl(master, TIOCGPKT, &packet) < 0)
        return cairn_fail_errno(err, "packet mode of a terminal");
    rc = check_takable(master, slave, &modes, packet, err);
    if (rc != 0)
        return rc;
    if (packet) {
        json_object_set_new(json, "packet", json_true());
        rc = set_packet_mode(master, 0, err);
    }
    if (rc == 0)
        rc = take_input(master, slave, &modes, json, err);
    return rc == 0 ? take_output(master, slave, &modes, json, err) : rc;
}

/* Writes bytes to an end whose reader gets them unchanged. First writes as much as the line
 * discipline holds and waits until it has arrived. The rest then finds as much room as it had
 * before. */
static int put_plain(int fd, int reader, const uint8_t *bytes, size_t len, size_t last,
                     cairn_error *err)
{
    size_t first = len < LINE_DISCIPLINE_BYTES ? len : LINE_DISCIPLINE_BYTES - 1;
    int rc = put_bytes(fd, bytes, first, 0, err);
    for (int ms = 0; rc == 0 && waiting(reader) < (int)first; ms++) {
        if (ms == WAIT_MS)
            return cairn_fail(err, EAGAIN, "a terminal does not take back what was in it");
        pause_ms();
    }
    return rc == 0 ? put_bytes(fd, bytes + first, len - first, last, err) : rc;
}

static int put_output(int master, int slave, const struct termios2 *modes, const uint8_t *bytes,
                      size_t len, cairn_error *err)
{
    struct termios2 unprocessed = *modes;
    unprocessed.c_oflag = 0;
    int rc = terminal_modes_set(master, &unprocessed, err);
    return rc == 0 ? put_plain(slave, master, bytes, len, MOST_AT_ONCE, err) : rc;
}

static int type_line(int master, const struct editing *e, const uint8_t *line, size_t len,
                     bool complete, cairn_error *err)
{
    auto_free uint8_t *typed = malloc(2 * len + 1);
    size_t count = 0;
    bool ended = complete && len > 0 && ends_line(e, line[len - 1]);
    if (!typed)
        return cairn_fail(err, ENOMEM, "out of memory typing at a terminal");
    for (size_t i = 0; i < len; i++) {
        bool is_end = ended && i + 1 == len;
        bool special = ends_line(e, line[i]) || line[i] == e->eof || line[i] == e->literal ||
                       line[i] == e->start || line[i] == e->stop;
        if (special && !is_end)
            typed[count++] = e->literal;
        typed[count++] = line[i];
    }
    if (complete && !ended)
        typed[count++] = e->eof;
    return put_bytes(master, typed, count, 0, err);
}

static int put_lines(int master, const struct termios2 *modes, const json_t *lines,
                     const uint8_t *typed, size_t typed_len, cairn_error *err)
{
    const struct editing e = choose_editing(modes);
    const struct termios2 editing = modes_of_editing(modes, &e);
    size_t i;
    const json_t *entry;
    int rc = terminal_modes_set(master, &editing, err);
    json_array_foreach(lines, i, entry)
    {
        auto_free void *line = NULL;
        size_t len;
        if (rc == 0)
            rc = hex_decode(json_string_value(entry), LINE_DISCIPLINE_BYTES, &line, &len, err);
        if (rc == 0)
            rc = type_line(master, &e, line, len, true, err);
    }
    if (rc == 0)
        rc = type_line(master, &e, typed, typed_len, false, err);
    return rc == 0 ? type_flow_control(master, modes, true, err) : rc;
}

/* Restores the stop that let_go_on() found. */
static int stop_again(int master, int slave, const struct termios2 *modes, const char *by,
                      cairn_error *err)
{
    if (strcmp(by, "character") == 0)
        return type_flow_control(master, modes, false, err);
    return ioctl(slave, TCXONC, TCOOFF) < 0 ? cairn_fail_errno(err, "stopping a terminal") : 0;
}

static int put_typed(int master, int slave, const struct termios2 *modes, const uint8_t *typed,
                     size_t len, cairn_error *err)
{
    struct termios2 plain = *modes;
    plain.c_iflag = plain.c_lflag = 0;
    int rc = is_transparent(modes) ? 0 : terminal_modes_set(master, &plain, err);
    return rc == 0 ? put_plain(master, slave, typed, len, 0, err) : rc;
}

static int read_bytes(const json_t *json, const char *key, void **out, size_t *len,
                      cairn_error *err)
{
    const char *text = NULL;
    *len = 0;
    int rc = json_may_string(json, key, (size_t)2 * QUEUE_BYTES, &text, err);
    return rc == 0 && text ? hex_decode(text, QUEUE_BYTES, out, len, err) : rc;
}

int terminal_queues_put(int master, int slave, const json_t *json, cairn_error *err)
{
    auto_free void *typed = NULL;
    auto_free void *output = NULL;
    size_t typed_len, output_len;
    json_t *lines = NULL;
    bool packet = false;
    const char *stopped = NULL;
    struct termios2 modes;
    int rc = json_may_array(json, "lines", LINE_DISCIPLINE_BYTES, &lines, err);
    if (rc == 0)
        rc = read_bytes(json, "typed", &typed, &typed_len, err);
    if (rc == 0)
        rc = read_bytes(json, "output", &output, &output_len, err);
    if (rc == 0)
        rc = json_may_bool(json, "packet", &packet, err);
    if (rc == 0)
        rc = json_may_string(json, "stopped", 16, &stopped, err);
    if (rc == 0)
        rc = terminal_modes_get(master, &modes, err);
    if (rc != 0)
        return rc;
    bool input = json_array_size(lines) > 0 || typed_len > 0;
    if (input && has_lines(&modes))
        rc = put_lines(master, &modes, lines, typed, typed_len, err);
    else if (input)
        rc = put_typed(master, slave, &modes, typed, typed_len, err);
    if (rc == 0 && output_len > 0)
        rc = put_output(master, slave, &modes, output, output_len, err);
    if (rc == 0 && stopped)
        rc = stop_again(master, slave, &modes, stopped, err);
    int back = 0;
    if (input || output_len > 0 || stopped)
        back = terminal_modes_set(master, &modes, rc == 0 ? err : NULL);
    if (rc == 0 && back == 0 && packet)
        back = set_packet_mode(master, 1, err);
    return rc != 0 ? rc : back;
}
