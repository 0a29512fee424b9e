/** Commands to a run from other processes and hosts. */
@NullMarked
package dev.cairn.run.internal.request;

import org.jspecify.annotations.NullMarked;
