/**
 * The command line: one class per command, {@link dev.cairn.cli.Main} puts the parts together. <p>No other module
 * imports it. {@code scheduler/docs/cli.md} specifies its behaviour for users and scripts.
 */
@NullMarked
package dev.cairn.cli;

import org.jspecify.annotations.NullMarked;
