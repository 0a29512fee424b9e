#include "common/socket_options.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/tcp.h>

#include "common/cleanup.h"
#include "common/hex.h"

#define MOST_OF_AN_OPTION 256
#define MOST_INSTRUCTIONS 4096 /* BPF_MAXINSNS */

/* Numbers of options that the kernel headers of the build may lack. */
enum { BUF_LOCK = 72, LOCK_BUFFERS = 3, TCP_UPPER_PROTOCOL = 31, UDP_LITE = 136 };

/* All options of the kernel's socket headers that have a getter and a setter, in the order of
 * setting. An older option comes before a newer one that includes it; SO_LOCK_FILTER comes last.
 * The other options are handled separately below, or they describe a momentary state that the
 * program did not set. */
static const struct {
    const char *key;
    int level, name;
    enum socket_option_time when;
} OPTIONS[] = {
    {"v6_only", IPPROTO_IPV6, 26, SOCKET_BEFORE_BIND},
    {"reuse_port", SOL_SOCKET, 15, SOCKET_BEFORE_BIND},
    {"interface", SOL_SOCKET, 62, SOCKET_BEFORE_BIND}, /* SO_BINDTOIFINDEX */
    {"free_bind", IPPROTO_IP, 15, SOCKET_BEFORE_BIND},
    {"v6_free_bind", IPPROTO_IPV6, 78, SOCKET_BEFORE_BIND},
    {"transparent", IPPROTO_IP, 19, SOCKET_BEFORE_BIND},
    {"v6_transparent", IPPROTO_IPV6, 75, SOCKET_BEFORE_BIND},
    {"bind_address_no_port", IPPROTO_IP, 24, SOCKET_BEFORE_BIND},
    {"port_range", IPPROTO_IP, 51, SOCKET_BEFORE_BIND},
    {"max_segment", IPPROTO_TCP, TCP_MAXSEG, SOCKET_BEFORE_BIND},
    {"save_syn", IPPROTO_TCP, TCP_SAVE_SYN, SOCKET_WHEN_FILLED},
    {"fast_open_connect", IPPROTO_TCP, 30, SOCKET_WHEN_FILLED},
    {"fast_open_no_cookie", IPPROTO_TCP, 34, SOCKET_BEFORE_BIND},

    {"reuse_address", SOL_SOCKET, SO_REUSEADDR, SOCKET_WHEN_FILLED},
    {"debug", SOL_SOCKET, SO_DEBUG, SOCKET_WHEN_FILLED},
    {"dont_route", SOL_SOCKET, SO_DONTROUTE, SOCKET_WHEN_FILLED},
    {"keep_alive", SOL_SOCKET, SO_KEEPALIVE, SOCKET_WHEN_FILLED},
    {"broadcast", SOL_SOCKET, SO_BROADCAST, SOCKET_WHEN_FILLED},
    {"inline_urgent", SOL_SOCKET, SO_OOBINLINE, SOCKET_WHEN_FILLED},
    {"no_check", SOL_SOCKET, 11, SOCKET_WHEN_FILLED},
    {"pass_credentials", SOL_SOCKET, SO_PASSCRED, SOCKET_WHEN_FILLED},
    {"pass_security", SOL_SOCKET, SO_PASSSEC, SOCKET_WHEN_FILLED},
    {"pass_pidfd", SOL_SOCKET, 76, SOCKET_WHEN_FILLED},
    {"pass_rights", SOL_SOCKET, 83, SOCKET_WHEN_FILLED},
    {"tell_queue", SOL_SOCKET, 84, SOCKET_WHEN_FILLED}, /* SO_INQ */
    {"receive_at_least", SOL_SOCKET, SO_RCVLOWAT, SOCKET_WHEN_FILLED},
    {"timestamp", SOL_SOCKET, 29, SOCKET_WHEN_FILLED},
    {"timestamp_ns", SOL_SOCKET, 35, SOCKET_WHEN_FILLED},
    {"timestamp_new", SOL_SOCKET, 63, SOCKET_WHEN_FILLED},
    {"timestamp_ns_new", SOL_SOCKET, 64, SOCKET_WHEN_FILLED},
    {"timestamping", SOL_SOCKET, 37, SOCKET_WHEN_FILLED},
    {"timestamping_new", SOL_SOCKET, 65, SOCKET_WHEN_FILLED},
    {"mark", SOL_SOCKET, 36, SOCKET_WHEN_FILLED},
    {"count_dropped", SOL_SOCKET, 40, SOCKET_WHEN_FILLED},
    {"wifi_status", SOL_SOCKET, 41, SOCKET_WHEN_FILLED},
    {"no_fcs", SOL_SOCKET, 43, SOCKET_WHEN_FILLED},
    {"select_error_queue", SOL_SOCKET, 45, SOCKET_WHEN_FILLED},
    {"busy_poll", SOL_SOCKET, 46, SOCKET_WHEN_FILLED},
    {"max_pacing_rate", SOL_SOCKET, 47, SOCKET_WHEN_FILLED},
    {"zero_copy", SOL_SOCKET, 60, SOCKET_WHEN_FILLED},
    {"transmit_time", SOL_SOCKET, 61, SOCKET_WHEN_FILLED},
    {"prefer_busy_poll", SOL_SOCKET, 69, SOCKET_WHEN_FILLED},
    {"busy_poll_budget", SOL_SOCKET, 70, SOCKET_WHEN_FILLED},
    {"reserve_memory", SOL_SOCKET, 73, SOCKET_WHEN_FILLED},
    {"rehash", SOL_SOCKET, 74, SOCKET_WHEN_FILLED},
    {"receive_mark", SOL_SOCKET, 75, SOCKET_WHEN_FILLED},
    {"receive_priority", SOL_SOCKET, 82, SOCKET_WHEN_FILLED},

    {"tos", IPPROTO_IP, 1, SOCKET_WHEN_FILLED},
    {"ttl", IPPROTO_IP, 2, SOCKET_WHEN_FILLED},
    {"header_included", IPPROTO_IP, 3, SOCKET_WHEN_FILLED},
    {"ip_options", IPPROTO_IP, 4, SOCKET_WHEN_FILLED},
    {"receive_options", IPPROTO_IP, 6, SOCKET_WHEN_FILLED},
    {"return_options", IPPROTO_IP, 7, SOCKET_WHEN_FILLED},
    {"packet_info", IPPROTO_IP, 8, SOCKET_WHEN_FILLED},
    {"mtu_discover", IPPROTO_IP, 10, SOCKET_WHEN_FILLED},
    {"receive_errors", IPPROTO_IP, 11, SOCKET_WHEN_FILLED},
    {"receive_ttl", IPPROTO_IP, 12, SOCKET_WHEN_FILLED},
    {"receive_tos", IPPROTO_IP, 13, SOCKET_WHEN_FILLED},
    {"ip_pass_security", IPPROTO_IP, 18, SOCKET_WHEN_FILLED},
    {"receive_destination", IPPROTO_IP, 20, SOCKET_WHEN_FILLED},
    {"min_ttl", IPPROTO_IP, 21, SOCKET_WHEN_FILLED},
    {"no_defragment", IPPROTO_IP, 22, SOCKET_WHEN_FILLED},
    {"checksum", IPPROTO_IP, 23, SOCKET_WHEN_FILLED},
    {"receive_fragment_size", IPPROTO_IP, 25, SOCKET_WHEN_FILLED},
    {"receive_errors_rfc4884", IPPROTO_IP, 26, SOCKET_WHEN_FILLED},
    {"multicast_interface", IPPROTO_IP, 32, SOCKET_WHEN_FILLED},
    {"multicast_ttl", IPPROTO_IP, 33, SOCKET_WHEN_FILLED},
    {"multicast_loop", IPPROTO_IP, 34, SOCKET_WHEN_FILLED},
    {"multicast_all", IPPROTO_IP, 49, SOCKET_WHEN_FILLED},
    {"unicast_interface", IPPROTO_IP, 50, SOCKET_WHEN_FILLED},

    {"v6_2292_packet_info", IPPROTO_IPV6, 2, SOCKET_WHEN_FILLED},
    {"v6_2292_hop_options", IPPROTO_IPV6, 3, SOCKET_WHEN_FILLED},
    {"v6_2292_destination_options", IPPROTO_IPV6, 4, SOCKET_WHEN_FILLED},
    {"v6_2292_routing", IPPROTO_IPV6, 5, SOCKET_WHEN_FILLED},
    {"v6_2292_hop_limit", IPPROTO_IPV6, 8, SOCKET_WHEN_FILLED},
    {"v6_flow_info", IPPROTO_IPV6, 11, SOCKET_WHEN_FILLED},
    {"v6_unicast_hops", IPPROTO_IPV6, 16, SOCKET_WHEN_FILLED},
    {"v6_multicast_interface", IPPROTO_IPV6, 17, SOCKET_WHEN_FILLED},
    {"v6_multicast_hops", IPPROTO_IPV6, 18, SOCKET_WHEN_FILLED},
    {"v6_multicast_loop", IPPROTO_IPV6, 19, SOCKET_WHEN_FILLED},
    {"v6_mtu_discover", IPPROTO_IPV6, 23, SOCKET_WHEN_FILLED},
    {"v6_receive_errors", IPPROTO_IPV6, 25, SOCKET_WHEN_FILLED},
    {"v6_multicast_all", IPPROTO_IPV6, 29, SOCKET_WHEN_FILLED},
    {"v6_isolate_router_alerts", IPPROTO_IPV6, 30, SOCKET_WHEN_FILLED},
    {"v6_receive_errors_rfc4884", IPPROTO_IPV6, 31, SOCKET_WHEN_FILLED},
    {"v6_send_flow_info", IPPROTO_IPV6, 33, SOCKET_WHEN_FILLED},
    {"v6_header_included", IPPROTO_IPV6, 36, SOCKET_WHEN_FILLED},
    {"v6_receive_packet_info", IPPROTO_IPV6, 49, SOCKET_WHEN_FILLED},
    {"v6_receive_hop_limit", IPPROTO_IPV6, 51, SOCKET_WHEN_FILLED},
    {"v6_receive_hop_options", IPPROTO_IPV6, 53, SOCKET_WHEN_FILLED},
    {"v6_hop_options", IPPROTO_IPV6, 54, SOCKET_WHEN_FILLED},
    {"v6_routing_destination_options", IPPROTO_IPV6, 55, SOCKET_WHEN_FILLED},
    {"v6_receive_routing", IPPROTO_IPV6, 56, SOCKET_WHEN_FILLED},
    {"v6_routing", IPPROTO_IPV6, 57, SOCKET_WHEN_FILLED},
    {"v6_receive_destination_options", IPPROTO_IPV6, 58, SOCKET_WHEN_FILLED},
    {"v6_destination_options", IPPROTO_IPV6, 59, SOCKET_WHEN_FILLED},
    {"v6_receive_path_mtu", IPPROTO_IPV6, 60, SOCKET_WHEN_FILLED},
    {"v6_dont_fragment", IPPROTO_IPV6, 62, SOCKET_WHEN_FILLED},
    {"v6_use_min_mtu", IPPROTO_IPV6, 63, SOCKET_WHEN_FILLED},
    {"v6_receive_traffic_class", IPPROTO_IPV6, 66, SOCKET_WHEN_FILLED},
    {"traffic_class", IPPROTO_IPV6, 67, SOCKET_WHEN_FILLED},
    {"v6_auto_flow_label", IPPROTO_IPV6, 70, SOCKET_WHEN_FILLED},
    {"v6_address_preferences", IPPROTO_IPV6, 72, SOCKET_WHEN_FILLED},
    {"v6_min_hops", IPPROTO_IPV6, 73, SOCKET_WHEN_FILLED},
    {"v6_receive_destination", IPPROTO_IPV6, 74, SOCKET_WHEN_FILLED},
    {"v6_unicast_interface", IPPROTO_IPV6, 76, SOCKET_WHEN_FILLED},
    {"v6_receive_fragment_size", IPPROTO_IPV6, 77, SOCKET_WHEN_FILLED},

    {"no_delay", IPPROTO_TCP, TCP_NODELAY, SOCKET_WHEN_FILLED},
    {"cork", IPPROTO_TCP, TCP_CORK, SOCKET_WHEN_FILLED},
    {"quick_acknowledgements", IPPROTO_TCP, TCP_QUICKACK, SOCKET_WHEN_FILLED},
    {"keep_idle", IPPROTO_TCP, TCP_KEEPIDLE, SOCKET_WHEN_FILLED},
    {"keep_interval", IPPROTO_TCP, TCP_KEEPINTVL, SOCKET_WHEN_FILLED},
    {"keep_count", IPPROTO_TCP, TCP_KEEPCNT, SOCKET_WHEN_FILLED},
    {"syn_count", IPPROTO_TCP, TCP_SYNCNT, SOCKET_WHEN_FILLED},
    {"linger_after_close", IPPROTO_TCP, TCP_LINGER2, SOCKET_WHEN_FILLED},
    {"defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT, SOCKET_WHEN_FILLED},
    {"window_clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP, SOCKET_WHEN_FILLED},
    {"congestion", IPPROTO_TCP, TCP_CONGESTION, SOCKET_WHEN_FILLED},
    {"thin_timeouts", IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, SOCKET_WHEN_FILLED},
    {"user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT, SOCKET_WHEN_FILLED},
    {"fast_open", IPPROTO_TCP, TCP_FASTOPEN, SOCKET_WHEN_FILLED},
    {"unsent_at_most", IPPROTO_TCP, TCP_NOTSENT_LOWAT, SOCKET_WHEN_FILLED},
    {"tcp_tell_queue", IPPROTO_TCP, 36, SOCKET_WHEN_FILLED}, /* TCP_INQ */
    {"transmit_delay", IPPROTO_TCP, 37, SOCKET_WHEN_FILLED},
    {"rto_max_ms", IPPROTO_TCP, 44, SOCKET_WHEN_FILLED},
    {"rto_min_us", IPPROTO_TCP, 45, SOCKET_WHEN_FILLED},
    {"delayed_ack_max_us", IPPROTO_TCP, 46, SOCKET_WHEN_FILLED},

    {"udp_cork", IPPROTO_UDP, 1, SOCKET_WHEN_FILLED},
    {"udp_encapsulation", IPPROTO_UDP, 100, SOCKET_WHEN_FILLED},
    {"udp_no_check6_sent", IPPROTO_UDP, 101, SOCKET_WHEN_FILLED},
    {"udp_no_check6_received", IPPROTO_UDP, 102, SOCKET_WHEN_FILLED},
    {"udp_segment", IPPROTO_UDP, 103, SOCKET_WHEN_FILLED},
    {"udp_gro", IPPROTO_UDP, 104, SOCKET_WHEN_FILLED},
    {"udp_lite_sent_coverage", UDP_LITE, 10, SOCKET_WHEN_FILLED},
    {"udp_lite_received_coverage", UDP_LITE, 11, SOCKET_WHEN_FILLED},

    {"priority", SOL_SOCKET, SO_PRIORITY, SOCKET_WHEN_FILLED}, /* IP_TOS sets it too */
    {"peek_at", SOL_SOCKET, 42, SOCKET_WHEN_FILLED},
    {"lock_filter", SOL_SOCKET, 44, SOCKET_WHEN_FILLED},
};
#define OPTION_COUNT (sizeof OPTIONS / sizeof *OPTIONS)

/* An option as its bytes; most are an int. */
struct value {
    union {
        int number;
        uint8_t bytes[MOST_OF_AN_OPTION];
    };
    socklen_t len;
};

static bool get(int fd, int level, int name, struct value *out)
{
    *out = (struct value){.len = sizeof out->bytes};
    return getsockopt(fd, level, name, out->bytes, &out->len) == 0 && out->len > 0;
}

static int get_number(int fd, int level, int name)
{
    struct value value;
    return get(fd, level, name, &value) && value.len == sizeof value.number ? value.number : 0;
}

static json_t *to_json(const struct value *value)
{
    if (value->len == sizeof value->number)
        return json_integer(value->number);
    auto_free char *hex = hex_encode(value->bytes, value->len);
    return json_string(hex ? hex : "");
}

static bool from_json(const json_t *json, struct value *out)
{
    if (json_is_integer(json)) {
        *out = (struct value){.number = (int)json_integer_value(json), .len = sizeof out->number};
        return true;
    }
    auto_free void *bytes = NULL;
    size_t len;
    if (!json_is_string(json) ||
        hex_decode(json_string_value(json), MOST_OF_AN_OPTION, &bytes, &len, NULL) != 0)
        return false;
    *out = (struct value){.len = (socklen_t)len};
    memcpy(out->bytes, bytes, len);
    return true;
}

static void read_time(int fd, json_t *json, const char *key, int name)
{
    struct timeval value = {0};
    socklen_t len = sizeof value;
    if (getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 && (value.tv_sec || value.tv_usec))
        json_object_set_new(
            json, key, json_pack("[I, I]", (json_int_t)value.tv_sec, (json_int_t)value.tv_usec));
}

/* A size is locked if the program chose it. The kernel adjusts the other sizes itself. */
static void read_buffers(int fd, json_t *json)
{
    int locked = get_number(fd, SOL_SOCKET, BUF_LOCK);
    json_object_set_new(json, "buffers_locked", json_integer(locked));
    json_object_set_new(json, "send_buffer", json_integer(get_number(fd, SOL_SOCKET, SO_SNDBUF)));
    json_object_set_new(json, "receive_buffer",
                        json_integer(get_number(fd, SOL_SOCKET, SO_RCVBUF)));
}

/* A classic filter, by its instructions. The length is counted in these. */
static int read_filter(int fd, json_t *json, cairn_error *err)
{
    socklen_t count = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &count) < 0)
        return errno == EACCES ? cairn_fail(err, CAIRN_EUNSUPPORTED,
                                            "a socket with an eBPF program attached, which cannot "
                                            "be read back; detach it before the checkpoint")
                               : 0;
    if (count == 0 || count > MOST_INSTRUCTIONS)
        return 0;
    auto_free struct sock_filter *program = calloc(count, sizeof *program);
    if (!program)
        return cairn_fail(err, ENOMEM, "out of memory reading a socket");
    if (getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, program, &count) < 0)
        return cairn_fail_errno(err, "reading the filter of a socket");
    auto_free char *hex = hex_encode(program, count * sizeof *program);
    json_object_set_new(json, "filter", json_string(hex ? hex : ""));
    return 0;
}

static int refuse_upper_protocol(int fd, cairn_error *err)
{
    char name[32] = "";
    socklen_t len = sizeof name - 1;
    int type = get_number(fd, SOL_SOCKET, SO_PROTOCOL);
    if (type != IPPROTO_TCP || getsockopt(fd, IPPROTO_TCP, TCP_UPPER_PROTOCOL, name, &len) < 0 ||
        !name[0])
        return 0;
    return cairn_fail(err, CAIRN_EUNSUPPORTED,
                      "a TCP socket with the kernel's \"%s\" on it, whose state cannot be saved; "
                      "close it before the checkpoint, or switch that off in the program",
                      name);
}

static bool is_connected(int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
}

int socket_options_read(int fd, json_t **out, cairn_error *err)
{
    json_auto_t *json = json_object();
    struct value value;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (get(fd, OPTIONS[i].level, OPTIONS[i].name, &value))
            json_object_set_new(json, OPTIONS[i].key, to_json(&value));
    struct linger linger = {0};
    socklen_t len = sizeof linger;
    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len) == 0 && linger.l_onoff)
        json_object_set_new(json, "linger", json_integer(linger.l_linger));
    read_time(fd, json, "receive_timeout", SO_RCVTIMEO);
    read_time(fd, json, "send_timeout", SO_SNDTIMEO);
    read_buffers(fd, json);
    if (is_connected(fd)) /* the option shows the current segment size */
        json_object_del(json, "max_segment");
    int rc = read_filter(fd, json, err);
    if (rc == 0)
        rc = refuse_upper_protocol(fd, err);
    if (rc == 0)
        *out = json_incref(json);
    return rc;
}

static void apply_time(int fd, const json_t *options, const char *key, int name)
{
    const json_t *pair = json_object_get(options, key);
    struct timeval value = {json_integer_value(json_array_get(pair, 0)),
                            json_integer_value(json_array_get(pair, 1))};
    if (pair)
        setsockopt(fd, SOL_SOCKET, name, &value, sizeof value);
}

/* Halves the value, because the kernel doubles it when it is set. */
static void apply_buffer(int fd, const json_t *options, const char *key, int name)
{
    int size = socket_option_number(options, key, 0), half = size / 2;
    if (half > 0 && get_number(fd, SOL_SOCKET, name) != size)
        setsockopt(fd, SOL_SOCKET, name, &half, sizeof half);
}

void socket_options_apply_buffers(int fd, const json_t *options)
{
    apply_buffer(fd, options, "send_buffer", SO_SNDBUF);
    apply_buffer(fd, options, "receive_buffer", SO_RCVBUF);
    const json_t *recorded = json_object_get(options, "buffers_locked");
    int locked = (int)json_integer_value(recorded) & LOCK_BUFFERS;
    if (recorded && get_number(fd, SOL_SOCKET, BUF_LOCK) != locked)
        setsockopt(fd, SOL_SOCKET, BUF_LOCK, &locked, sizeof locked);
}

static void apply_filter(int fd, const json_t *options)
{
    const char *hex = json_string_value(json_object_get(options, "filter"));
    auto_free void *bytes = NULL;
    size_t len;
    if (!hex ||
        hex_decode(hex, MOST_INSTRUCTIONS * sizeof(struct sock_filter), &bytes, &len, NULL) != 0)
        return;
    struct sock_fprog program = {.len = (unsigned short)(len / sizeof(struct sock_filter)),
                                 .filter = bytes};
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static void apply_one(int fd, const json_t *options, size_t i)
{
    struct value wanted, now;
    if (from_json(json_object_get(options, OPTIONS[i].key), &wanted) &&
        get(fd, OPTIONS[i].level, OPTIONS[i].name, &now) &&
        (now.len != wanted.len || memcmp(now.bytes, wanted.bytes, now.len) != 0))
        setsockopt(fd, OPTIONS[i].level, OPTIONS[i].name, wanted.bytes, wanted.len);
}

void socket_options_apply(int fd, const json_t *options, enum socket_option_time when)
{
    if (when == SOCKET_WHEN_FILLED) {
        const json_t *seconds = json_object_get(options, "linger");
        struct linger linger = {.l_onoff = 1, .l_linger = (int)json_integer_value(seconds)};
        if (seconds)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        apply_time(fd, options, "receive_timeout", SO_RCVTIMEO);
        apply_time(fd, options, "send_timeout", SO_SNDTIMEO);
        apply_filter(fd, options);
    }
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (OPTIONS[i].when == when)
            apply_one(fd, options, i);
    if (when == SOCKET_WHEN_FILLED)
        socket_options_apply_buffers(fd, options); /* SO_RCVLOWAT moves them */
}

void socket_options_apply_sharing(int fd, const json_t *options)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (OPTIONS[i].level == SOL_SOCKET && OPTIONS[i].name == SO_REUSEADDR)
            apply_one(fd, options, i);
}

int socket_option_number(const json_t *options, const char *key, int otherwise)
{
    const json_t *value = json_object_get(options, key);
    return json_is_integer(value) ? (int)json_integer_value(value) : otherwise;
}
