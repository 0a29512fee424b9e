#include "common/multicast.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/inet_json.h"
#include "common/json.h"

#define MOST_SOURCES 64
#define MOST_GROUPS 1024

/* As in MCAST_MSFILTER. */
union filter {
    struct group_filter filter;
    char room[GROUP_FILTER_SIZE(MOST_SOURCES)];
};

static int level_of(int family)
{
    return family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

static void add_if_joined(int fd, unsigned interface, const struct sockaddr_storage *group,
                          json_t *groups)
{
    union filter f = {0};
    char name[IF_NAMESIZE];
    socklen_t len = sizeof f;
    f.filter.gf_interface = interface;
    f.filter.gf_group = *group;
    f.filter.gf_numsrc = MOST_SOURCES;
    if (getsockopt(fd, level_of(group->ss_family), MCAST_MSFILTER, &f, &len) < 0 ||
        f.filter.gf_numsrc > MOST_SOURCES || !if_indextoname(interface, name))
        return;
    json_t *sources = json_array();
    for (unsigned i = 0; i < f.filter.gf_numsrc; i++)
        json_array_append_new(sources, inet_to_json(&f.filter.gf_slist[i]));
    json_array_append_new(
        groups, json_pack("{s:o, s:s, s:b, s:o}", "group", inet_to_json(group), "interface", name,
                          "exclude", f.filter.gf_fmode == MCAST_EXCLUDE, "sources", sources));
}

/* /proc lists each interface on a line, followed by a line for each of its groups. */
static void read_of_ipv4(int fd, json_t *groups)
{
    char line[256];
    unsigned interface = 0, index;
    auto_fclose FILE *list = fopen("/proc/net/igmp", "re");
    while (list && fgets(line, sizeof line, list)) {
        struct sockaddr_storage group = {.ss_family = AF_INET};
        if (line[0] != '\t') {
            if (sscanf(line, "%u", &index) == 1)
                interface = index;
        } else if (sscanf(line, "%8X", &((struct sockaddr_in *)&group)->sin_addr.s_addr) == 1) {
            add_if_joined(fd, interface, &group, groups);
        }
    }
}

static void read_of_ipv6(int fd, json_t *groups)
{
    char line[256], hex[33];
    unsigned interface;
    auto_fclose FILE *list = fopen("/proc/net/igmp6", "re");
    while (list && fgets(line, sizeof line, list)) {
        struct sockaddr_storage group = {.ss_family = AF_INET6};
        auto_free void *bytes = NULL;
        size_t len;
        if (sscanf(line, "%u %*s %32s", &interface, hex) != 2 ||
            hex_decode(hex, 16, &bytes, &len, NULL) != 0 || len != 16)
            continue;
        memcpy(&((struct sockaddr_in6 *)&group)->sin6_addr, bytes, len);
        add_if_joined(fd, interface, &group, groups);
    }
}

json_t *multicast_read(int fd)
{
    json_t *groups = json_array();
    read_of_ipv4(fd, groups);
    read_of_ipv6(fd, groups);
    return groups;
}

static int read_sources(const json_t *json, struct group_filter *out, cairn_error *err)
{
    json_t *sources;
    socklen_t len;
    int rc = json_need_array(json, "sources", MOST_SOURCES, &sources, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(sources); i++) {
        json_auto_t *holder = json_pack("{s:O}", "source", json_array_get(sources, i));
        rc = inet_from_json(holder, "source", &out->gf_slist[i], &len, err);
        out->gf_numsrc++;
    }
    return rc;
}

static int join(int fd, const json_t *json, cairn_error *err)
{
    union filter f = {0};
    struct group_req request = {0};
    const char *interface;
    bool exclude;
    socklen_t len;
    int rc = inet_from_json(json, "group", &request.gr_group, &len, err);
    if (rc == 0)
        rc = json_need_string(json, "interface", IF_NAMESIZE - 1, &interface, err);
    if (rc == 0)
        rc = json_need_bool(json, "exclude", &exclude, err);
    if (rc == 0)
        rc = read_sources(json, &f.filter, err);
    if (rc != 0)
        return rc;
    int level = level_of(request.gr_group.ss_family);
    request.gr_interface = if_nametoindex(interface);
    if (setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request) < 0)
        return cairn_fail_errno(err, "joining a multicast group on %s", interface);
    f.filter.gf_interface = request.gr_interface;
    f.filter.gf_group = request.gr_group;
    f.filter.gf_fmode = exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
    if ((!exclude || f.filter.gf_numsrc > 0) &&
        setsockopt(fd, level, MCAST_MSFILTER, &f, GROUP_FILTER_SIZE(f.filter.gf_numsrc)) < 0)
        return cairn_fail_errno(err, "choosing the sources of a multicast group on %s", interface);
    return 0;
}

int multicast_join(int fd, const json_t *groups, cairn_error *err)
{
    size_t i;
    const json_t *json;
    int rc = json_array_size(groups) > MOST_GROUPS
                 ? cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a socket in too many multicast groups")
                 : 0;
    json_array_foreach(groups, i, json)
    {
        if (rc == 0)
            rc = join(fd, json, err);
    }
    return rc;
}
