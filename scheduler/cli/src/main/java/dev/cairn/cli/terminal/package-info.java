/** The person's side of a step: its log shown as it grows, its terminal, the signals that a person sends. */
@NullMarked
package dev.cairn.cli.terminal;

import org.jspecify.annotations.NullMarked;
