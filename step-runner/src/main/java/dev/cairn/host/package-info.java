/** Facts about this host and its processes: boot id, pid namespace, start times, liveness. */
@NullMarked
package dev.cairn.host;

import org.jspecify.annotations.NullMarked;
