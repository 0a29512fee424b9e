/**
 * The command line: one class per command, {@link dev.cairn.cli.Main} puts the parts together.
 *
 * <p>A leaf: nothing imports it. What it promises to users and scripts is specified in {@code scheduler/docs/cli.md}.
 */
@NullMarked
package dev.cairn.cli;

import org.jspecify.annotations.NullMarked;
