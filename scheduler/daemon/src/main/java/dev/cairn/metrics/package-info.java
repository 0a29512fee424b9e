/** The daemon's metrics in Prometheus text format; the only package that uses Micrometer. */
@NullMarked
package dev.cairn.metrics;

import org.jspecify.annotations.NullMarked;
