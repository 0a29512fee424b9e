/** What the daemon counts and measures, in the text that Prometheus reads: the only package that knows Micrometer. */
@NullMarked
package dev.cairn.metrics;

import org.jspecify.annotations.NullMarked;
