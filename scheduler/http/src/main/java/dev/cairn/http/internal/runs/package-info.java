/** The runs that are served: those of the known homes, and those that were started or resumed over HTTP. */
@NullMarked
package dev.cairn.http.internal.runs;

import org.jspecify.annotations.NullMarked;
