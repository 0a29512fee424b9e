/** The user's terminal: follows logs, connects a step's terminal, handles signals. */
@NullMarked
package dev.cairn.cli.terminal;

import org.jspecify.annotations.NullMarked;
