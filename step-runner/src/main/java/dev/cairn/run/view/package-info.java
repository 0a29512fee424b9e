/** The documented JSON shapes of runs, shared by the command line and the HTTP API. */
@NullMarked
package dev.cairn.run.view;

import org.jspecify.annotations.NullMarked;
