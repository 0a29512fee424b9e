/** Requests to a run from other processes and hosts, through files in its folder. */
@NullMarked
package dev.cairn.run.internal.request;

import org.jspecify.annotations.NullMarked;
